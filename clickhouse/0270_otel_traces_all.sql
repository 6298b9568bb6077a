-- Every raw span there is, whichever shard of a cluster took it: what a session's trace is drawn from.
CREATE {distributed:otel_traces_all otel_traces}
