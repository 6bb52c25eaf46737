# Ways out to git servers, for administrators.

connection-lost = I cannot use the connection { $name }: { $why }
connection-found = I can use the connection { $name } again.
connection-key-refused = its key is refused.
connection-key-missing = its key is missing or cannot be read.
connection-key-lacks = its key lacks a right.
connection-host-away = its host does not answer.
connection-certificate = its host shows a certificate that I do not trust.
connection-not-installed = its GitHub App is not installed there.
connection-not-reached = a repository that a class names is not there, or its key does not reach it.
connection-other = its host answers as no git server would.
