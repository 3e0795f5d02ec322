// The MCP client inside kubectl-ai, connected as kubectl-ai connects it.
package main

import (
	"context"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/client/transport"
	"github.com/mark3labs/mcp-go/mcp"

	"todo.example/mcp-clients/lines"
)

func main() {
	var connected *client.Client
	lines.Follow(func(ctx context.Context, command lines.Command) (lines.Answer, error) {
		switch command.Do {
		case "connect":
			if connected != nil {
				_ = connected.Close()
			}
			var err error
			connected, err = client.NewStreamableHttpClient(command.URL, transport.WithHTTPBasicClient(lines.Bearer(command.Token)))
			if err != nil {
				return nil, err
			}
			var hello mcp.InitializeRequest
			hello.Params.ProtocolVersion = command.Version
			hello.Params.ClientInfo = mcp.Implementation{Name: "mark3labs", Version: "1"}
			greeting, err := connected.Initialize(ctx, hello)
			if err != nil {
				return nil, err
			}
			return lines.Answer{"version": greeting.ProtocolVersion, "server": greeting.ServerInfo.Name}, nil
		case "list":
			list, err := connected.ListTools(ctx, mcp.ListToolsRequest{})
			if err != nil {
				return nil, err
			}
			return lines.Answer{"tools": list.Tools}, nil
		case "call":
			var request mcp.CallToolRequest
			request.Params.Name, request.Params.Arguments = command.Name, command.Arguments
			result, err := connected.CallTool(ctx, request)
			if err != nil {
				return nil, err
			}
			text := ""
			for _, piece := range result.Content {
				text += piece.(mcp.TextContent).Text
			}
			return lines.Answer{"is_error": result.IsError, "structured": result.StructuredContent, "text": text}, nil
		}
		return nil, lines.Unknown(command)
	})
}
