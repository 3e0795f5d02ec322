// The MCP client of the official Go SDK.
package main

import (
	"context"
	"net/http"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/modelcontextprotocol/go-sdk/oauthex"

	"todo.example/mcp-clients/lines"
)

func main() {
	var session *mcp.ClientSession
	lines.Follow(func(ctx context.Context, command lines.Command) (lines.Answer, error) {
		switch command.Do {
		case "connect":
			if session != nil {
				_ = session.Close()
			}
			var err error
			session, err = connect(ctx, command)
			if err != nil {
				return nil, err
			}
			greeting := session.InitializeResult()
			return lines.Answer{"version": greeting.ProtocolVersion, "server": greeting.ServerInfo.Name}, nil
		case "list":
			list, err := session.ListTools(ctx, nil)
			if err != nil {
				return nil, err
			}
			return lines.Answer{"tools": list.Tools}, nil
		case "call":
			result, err := session.CallTool(ctx, &mcp.CallToolParams{Name: command.Name, Arguments: command.Arguments})
			if err != nil {
				return nil, err
			}
			text := ""
			for _, piece := range result.Content {
				text += piece.(*mcp.TextContent).Text
			}
			return lines.Answer{"is_error": result.IsError, "structured": result.StructuredContent, "text": text}, nil
		case "challenge":
			return challenge(ctx, command)
		}
		return nil, lines.Unknown(command)
	})
}

func connect(ctx context.Context, command lines.Command) (*mcp.ClientSession, error) {
	client := mcp.NewClient(&mcp.Implementation{Name: "official", Version: "1"}, nil)
	transport := &mcp.StreamableClientTransport{Endpoint: command.URL, HTTPClient: lines.Bearer(command.Token)}
	return client.Connect(ctx, transport, &mcp.ClientSessionOptions{ProtocolVersion: command.Version})
}

// What the SDK finds in the refusal of a token.
func challenge(ctx context.Context, command lines.Command) (lines.Answer, error) {
	http := lines.Bearer(command.Token)
	response, err := http.Post(command.URL, "application/json", strings.NewReader("{}"))
	if err != nil {
		return nil, err
	}
	_ = response.Body.Close()
	challenges, err := oauthex.ParseWWWAuthenticate(response.Header.Values("WWW-Authenticate"))
	if err != nil {
		return nil, err
	}
	address := challenges[0].Params["resource_metadata"]
	// It refuses a document that is about another resource.
	document, err := oauthex.GetProtectedResourceMetadata(ctx, address, command.URL, plain)
	if err != nil {
		return nil, err
	}
	return lines.Answer{"status": response.StatusCode, "address": address, "document": document}, nil
}

var plain = &http.Client{Transport: &http.Transport{}}
