"""What runs inside an agent's pod, brought there by a message and started by the agent's own bash tool.

It stands on Python's standard library and on aiohttp, which the agents' image has.
"""
