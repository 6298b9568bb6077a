"""The provisioned alert rules without Grafana: the same files, the same meaning of their words.

``rules`` reads ``dashboards/provisioning/alerting``, ``evaluate`` asks ClickHouse, ``states`` says
what fires, waits or has resolved, ``delivery`` groups that into notifications in Grafana's shape
and posts them. ``tokenboard alerts`` puts them together.
"""
