# /services: what a conversation reaches besides repositories.

services-head = Here I reach:
services-read = read
services-write = read and change
services-tools = its tools
services-off = off
services-less = less than the class allows
services-nothing = I reach no services and no tool servers here.
    .admin = The AgentClass says which (spec.apis, spec.mcpServers).
services-button-all = { $name }: all
services-button-read = { $name }: only read
services-button-none = { $name }: off
