"""What the database says, by meaning: the one place where asyncpg's errors are told apart.

StoreError
├── Away        out of reach, failing over, full, read-only, or busy with a lock: waiting helps
│   └── TooSlow one statement took longer than it may: waiting helps only where others are the cause
└── Refused     this row or value: no waiting helps, its neighbours go on
    └── Raced   somebody else's row came first: a second look sees it

What is none of these is a mistake of ours and passes as it is; its text may hold a row, so only its class is logged.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import asyncpg

from agent_gateway.errors import GatewayError
from agent_gateway.store.dsn import POOLED, BadDsn
from agent_gateway.store.states import DISK_FULL, READ_ONLY


class StoreError(GatewayError):
    """The database did not do what it was asked; the text holds nothing of a row, and nothing of the DSN."""


class Away(StoreError):
    """The database is out of reach or cannot write now."""


class TooSlow(Away):
    """A statement was cancelled because it took too long."""


class Refused(StoreError):
    """The database takes this row or value never."""


class Raced(Refused):
    """Another row of the same key came first."""


class Undone(RuntimeError):
    """The database undid all of a transaction that was to be committed: a mistake of ours, so none of those above."""


_REFUSED = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.ProgramLimitExceededError,
)
_SCHEMA = (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError, asyncpg.InsufficientPrivilegeError)
"""Tables are being put back, or a right was taken away: an administrator's to mend, and then all goes on."""
_AWAY = (
    OSError,  # with TimeoutError: no answer, or no free connection, in time
    asyncpg.PostgresConnectionError,
    asyncpg.InternalClientError,  # a connection that was ended is told in several ways
    asyncpg.OperatorInterventionError,  # shutting down, recovering
    asyncpg.InsufficientResourcesError,  # disk full, too many connections
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.LockNotAvailableError,
    asyncpg.TransactionRollbackError,  # deadlock, serialization
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.PostgresSystemError,  # the disk fails
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    *_SCHEMA,
)


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Translate what asyncpg raises inside.

    Raises:
        Away: the database is out of reach, or cannot write now.
        Refused: it takes this row or value never.
    """
    try:
        yield
    except asyncpg.QueryCanceledError as error:
        raise TooSlow("a statement took too long") from error
    except (asyncpg.UniqueViolationError, asyncpg.ExclusionViolationError) as error:
        raise Raced(f"it is there already: {type(error).__name__}") from error
    except _REFUSED as error:
        raise Refused(f"it cannot be stored: {type(error).__name__}") from error
    except _AWAY as error:
        raise Away(describe(error)) from error
    except asyncpg.InterfaceError as error:
        raise Away(describe(error)) from error


@contextlib.contextmanager
def told_of_poolers() -> Iterator[None]:
    """Tell apart what no waiting mends where a connection is opened.

    Raises:
        BadDsn: a pooler refuses the session's settings, or a file that the DSN names cannot be used.
    """
    try:
        yield
    except asyncpg.ProtocolViolationError as error:  # Postgres itself has no such words for what we send
        if "startup parameter" in str(error):
            raise BadDsn(POOLED) from error
        raise
    except asyncpg.exceptions.ClientConfigurationError as error:
        raise BadDsn("its settings for TLS name a file or a value that cannot be used") from error


def describe(error: BaseException) -> str:
    """Say in words why the database does not answer, without anything of the DSN."""
    if isinstance(error, asyncpg.InvalidPasswordError | asyncpg.InvalidAuthorizationSpecificationError):
        return "Postgres refuses the user or password: check DATABASE_URL"
    if isinstance(error, asyncpg.InvalidCatalogNameError):
        return "Postgres has no database of that name: check DATABASE_URL"
    if isinstance(error, asyncpg.ReadOnlySQLTransactionError):
        return READ_ONLY
    if isinstance(error, asyncpg.DiskFullError):
        return DISK_FULL
    if isinstance(error, _SCHEMA):
        return f"Postgres lacks a table or a right that this release needs ({type(error).__name__})"
    return f"Postgres is out of reach ({type(error).__name__}): check DATABASE_URL and that it runs"
