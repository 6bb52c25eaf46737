"""What watches: rules, dashboard and the reference of metrics, made from what gateway and operator expose."""
