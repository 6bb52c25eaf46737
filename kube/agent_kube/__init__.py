"""The Kubernetes API as gateway and operator see it: a client, informers and a work queue."""
