"""What the command's exit codes mean, and which error has which."""

from __future__ import annotations

from typing import Any

import click

#: 2 is click's own, for a command that is written wrongly.
JOB_FAILED, REFUSED, NO_SERVER, TIMEOUT, INTERRUPTED = 1, 3, 4, 5, 130

EPILOG = """\
Exit codes: 0 done; 1 the job failed or was dismissed; 2 the command was written wrongly; 3 the
service refused (bad inputs, no such job, a bad package); 4 no service was reached, or the token was
refused; 5 --timeout is over; 130 interrupted, the job goes on.

The service is that of the Jupyter server around this terminal or folder, else $ADES_URL with
$ADES_TOKEN.
"""


class Commands(click.Group):
    """Turns a service's refusals into one line and an exit code."""

    def invoke(self, context: click.Context) -> Any:
        """Run a command."""
        from jupyter_ades.client.errors import (
            ClientError,
            JobDismissed,
            JobFailed,
            NoServer,
            NotAllowed,
            NotAService,
            WaitTimeout,
        )
        from jupyter_ades.errors import AdesError

        try:
            return super().invoke(context)
        except WaitTimeout as error:
            code, words = TIMEOUT, str(error)
        except (JobFailed, JobDismissed) as error:
            code, words = JOB_FAILED, str(error)
        except (NoServer, NotAllowed, NotAService) as error:
            code, words = NO_SERVER, str(error)
        except (ClientError, AdesError) as error:
            code, words = REFUSED, str(error)
        except KeyboardInterrupt:
            raise click.exceptions.Exit(INTERRUPTED) from None
        click.echo(f"Error: {words}", err=True)
        raise click.exceptions.Exit(code)
