// A user of clickhouse-go over HTTP, as the collector's exporter and Grafana's data source are:
// prints one JSON document of what it saw.
package main

import (
	"context"
	"encoding/json"
	"os"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
)

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func main() {
	compression := map[string]clickhouse.CompressionMethod{
		"none": clickhouse.CompressionNone,
		"gzip": clickhouse.CompressionGZIP,
	}[os.Args[2]]
	conn, err := clickhouse.Open(&clickhouse.Options{
		Protocol:    clickhouse.HTTP,
		Addr:        []string{os.Args[1]},
		Auth:        clickhouse.Auth{Database: "tokenboard", Username: "reader"},
		Compression: &clickhouse.Compression{Method: compression, Level: 3},
		Settings:    clickhouse.Settings{"max_execution_time": 20},
	})
	if err != nil {
		panic(err)
	}
	defer conn.Close()
	ctx := context.Background()
	seen := map[string]any{"ping": text(conn.Ping(ctx))}

	var number uint64
	var attributes map[string]string
	var moment time.Time
	var list []string
	var missing *int32
	err = conn.QueryRow(ctx, `SELECT toUInt64(18446744073709551615), map('a', 'é'),
		toDateTime64('2026-01-02 03:04:05.678', 3), ['x', 'y'], CAST(NULL AS Nullable(Int32)),
		{given:String}`, clickhouse.Named("given", "it's é")).Scan(
		&number, &attributes, &moment, &list, &missing, new(string))
	seen["values"] = []any{number, attributes, moment.UTC().Format(time.RFC3339Nano), list, missing}
	seen["values_error"] = text(err)

	count := 0
	rows, err := conn.Query(ctx, "SELECT number, repeat('z', 100) FROM numbers(200000)")
	if err == nil {
		for rows.Next() {
			count++
		}
		err = rows.Err()
	}
	seen["rows"], seen["rows_error"] = count, text(err)

	seen["error"] = text(conn.Exec(ctx, "SELECT nonsense"))

	batch, err := conn.PrepareBatch(ctx, "INSERT INTO otel_logs (Timestamp, Body, LogAttributes)")
	if err == nil {
		for _, body := range []string{"from go", "größe"} {
			_ = batch.Append(time.Now(), body, map[string]string{"k": "v"})
		}
		err = batch.Send()
	}
	seen["insert_error"] = text(err)
	_ = json.NewEncoder(os.Stdout).Encode(seen)
}
