"""The one-process stack: receiver, embedded ClickHouse, its HTTP interface, the page."""
