// Command check loads a Compose file as `docker compose config` does: interpolation, the Compose
// specification's JSON schema and its consistency rules. It prints the project as JSON, or fails.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/compose-spec/compose-go/v2/cli"
)

func main() {
	options, err := cli.NewProjectOptions(os.Args[1:], cli.WithOsEnv, cli.WithoutEnvironmentResolution)
	if err == nil {
		var project []byte
		if loaded, failed := options.LoadProject(context.Background()); failed != nil {
			err = failed
		} else if project, err = loaded.MarshalJSON(); err == nil {
			fmt.Println(string(project))
			return
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
