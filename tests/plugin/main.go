// Command plugin sends queries through the backend of Grafana's ClickHouse data source and prints
// the frames that Grafana would be given.
//
// Standard input is one JSON document, a [request]; standard output has one [answer] a line, in the
// order of the queries.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/grafana/clickhouse-datasource/pkg/plugin"
	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
)

// request is the data source as it is provisioned, and what to ask it.
type request struct {
	JSONData       json.RawMessage   `json:"jsonData"`
	SecureJSONData map[string]string `json:"secureJsonData"`
	Queries        []query           `json:"queries"`
}

// query is one target as Grafana sends it: the model is the panel's or rule's own JSON.
type query struct {
	Name       string          `json:"name"`
	Model      json.RawMessage `json:"model"`
	FromMS     int64           `json:"from"`
	ToMS       int64           `json:"to"`
	IntervalMS int64           `json:"interval"`
}

type answer struct {
	Name   string            `json:"name"`
	Error  string            `json:"error,omitempty"`
	Frames []json.RawMessage `json:"frames"`
}

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	var asked request
	if err := json.NewDecoder(os.Stdin).Decode(&asked); err != nil {
		return fmt.Errorf("cannot read the request: %w", err)
	}
	settings := backend.DataSourceInstanceSettings{
		UID:                     "clickhouse",
		Type:                    "grafana-clickhouse-datasource",
		Name:                    "ClickHouse",
		JSONData:                asked.JSONData,
		DecryptedSecureJSONData: asked.SecureJSONData,
	}
	instance, err := plugin.NewDatasource(ctx, settings)
	if err != nil {
		return fmt.Errorf("the data source does not start: %w", err)
	}
	pluginContext := backend.PluginContext{
		OrgID:                      1,
		PluginID:                   settings.Type,
		DataSourceInstanceSettings: &settings,
	}
	health, err := instance.(backend.CheckHealthHandler).CheckHealth(
		ctx, &backend.CheckHealthRequest{PluginContext: pluginContext},
	)
	if err != nil {
		return fmt.Errorf("the health check fails: %w", err)
	}
	if health.Status != backend.HealthStatusOk {
		return fmt.Errorf("the health check says: %s", health.Message)
	}
	output := json.NewEncoder(os.Stdout)
	for _, asked := range asked.Queries {
		if err := output.Encode(ask(ctx, instance.(backend.QueryDataHandler), pluginContext, asked)); err != nil {
			return fmt.Errorf("cannot write an answer: %w", err)
		}
	}
	return nil
}

func ask(
	ctx context.Context, source backend.QueryDataHandler, from backend.PluginContext, asked query,
) answer {
	const ref = "A"
	response, err := source.QueryData(ctx, &backend.QueryDataRequest{
		PluginContext: from,
		Queries: []backend.DataQuery{{
			RefID:         ref,
			JSON:          asked.Model,
			MaxDataPoints: 1000,
			Interval:      time.Duration(asked.IntervalMS) * time.Millisecond,
			TimeRange: backend.TimeRange{
				From: time.UnixMilli(asked.FromMS).UTC(),
				To:   time.UnixMilli(asked.ToMS).UTC(),
			},
		}},
	})
	if err != nil {
		return answer{Name: asked.Name, Error: err.Error()}
	}
	given := answer{Name: asked.Name, Frames: []json.RawMessage{}}
	if err := response.Responses[ref].Error; err != nil {
		given.Error = err.Error()
	}
	for _, frame := range response.Responses[ref].Frames {
		text, err := data.FrameToJSON(frame, data.IncludeAll)
		if err != nil {
			given.Error = err.Error()
			continue
		}
		given.Frames = append(given.Frames, text)
	}
	return given
}
