"""Builds Grafana's provisioning files from the query files.

Classic dashboard JSON, ``schemaVersion`` 42: Grafana's file provisioner refuses the v2 schema
(https://github.com/grafana/grafana/issues/127928). Shapes: ``@grafana/schema`` on npm.
"""
