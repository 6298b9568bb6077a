"""The books in ClickHouse: connection, migrations, prices, rollups."""
