"""Package registries and other HTTP services within the pod: ports that pass on to the gateway, and what finds them."""
