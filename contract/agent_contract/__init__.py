"""Types shared by gateway, operator and runner: custom resources, wire frames, names, exit codes."""
