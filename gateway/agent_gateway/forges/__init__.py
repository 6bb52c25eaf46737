"""Pull requests on GitHub, GitLab and Gitea: opened for agents, followed, and told in the chat."""
