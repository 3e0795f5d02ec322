// Package lines lets a test lead an MCP client: a line of JSON in, a line of JSON out (see ../../README.md).
package lines

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"time"
)

// Command is what the test wants next.
type Command struct {
	Do        string         `json:"do"`
	URL       string         `json:"url"`
	Token     string         `json:"token"`
	Version   string         `json:"version"`
	Name      string         `json:"name"`
	Arguments map[string]any `json:"arguments"`
}

// Answer is what the client saw.
type Answer map[string]any

// Client does what commands ask for.
type Client func(context.Context, Command) (Answer, error)

// Follow reads commands until there are no more.
func Follow(client Client) {
	input := bufio.NewScanner(os.Stdin)
	input.Buffer(nil, 1<<20)
	output := json.NewEncoder(os.Stdout)
	for input.Scan() {
		var command Command
		if err := json.Unmarshal(input.Bytes(), &command); err != nil {
			panic(err)
		}
		answer, err := client(context.Background(), command)
		if err != nil {
			answer = Answer{"error": err.Error()}
		}
		if err := output.Encode(answer); err != nil {
			panic(err)
		}
	}
}

// Bearer sends a token with every request and takes no proxy.
func Bearer(token string) *http.Client {
	return &http.Client{Transport: bearer{token, &http.Transport{}}, Timeout: 20 * time.Second}
}

type bearer struct {
	token string
	next  http.RoundTripper
}

func (b bearer) RoundTrip(request *http.Request) (*http.Response, error) {
	request = request.Clone(request.Context())
	request.Header.Set("Authorization", "Bearer "+b.token)
	return b.next.RoundTrip(request)
}

// Unknown is the error for a command that a client does not have.
func Unknown(command Command) error { return fmt.Errorf("no command %q", command.Do) }
