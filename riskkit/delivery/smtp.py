"""Handing one mail to the server, so that it is always known whether it was taken."""

from __future__ import annotations

import contextlib
import smtplib
import ssl
from email.message import EmailMessage
from email.policy import SMTP

from riskkit.delivery.ending import SENT, Ended, because
from riskkit.settings import MailServer

#: Seconds that one exchange with the server may take.
_TIMEOUT = 60.0
#: From here on the server refuses for good; below, for now.
_FOR_GOOD = 500


def send_mail(server: MailServer, message: EmailMessage, timeout: float = _TIMEOUT) -> Ended:
    """Send a mail to its one recipient.

    Until the server has been given the text, every failure leaves it surely unsent; what breaks off after that is
    `unknown`, for the server may have taken it.
    """
    try:
        client = _connected(server, timeout)
    except smtplib.SMTPAuthenticationError as error:
        return because("pending", f"the mail server refuses the sign-in ({error.smtp_code})")
    except (OSError, smtplib.SMTPException) as error:
        return because("pending", f"the mail server is not reached: {_said(error)}")
    try:
        return _handed_in(client, server.sender, message)
    finally:
        with contextlib.suppress(OSError, smtplib.SMTPException):
            client.quit()
        client.close()


def _connected(server: MailServer, timeout: float) -> smtplib.SMTP:
    context = ssl.create_default_context()
    client: smtplib.SMTP
    if server.encryption == "tls":
        client = smtplib.SMTP_SSL(server.host, server.port, timeout=timeout, context=context)
    else:
        client = smtplib.SMTP(server.host, server.port, timeout=timeout)
    try:
        if server.encryption == "starttls":
            client.starttls(context=context)
        if server.user:
            client.login(server.user, server.password)
    except BaseException:
        client.close()
        raise
    return client


def _handed_in(client: smtplib.SMTP, sender: str, message: EmailMessage) -> Ended:
    try:
        client.ehlo_or_helo_if_needed()
        for answer in (client.mail(sender), client.rcpt(str(message["To"]))):
            if answer[0] >= 300:
                return _refused(answer)
    except (OSError, smtplib.SMTPException) as error:
        return because("pending", f"the mail server broke off: {_said(error)}")
    try:
        answer = client.data(message.as_bytes(policy=SMTP))
    except smtplib.SMTPDataError as error:
        return _refused((error.smtp_code, error.smtp_error))
    except (OSError, smtplib.SMTPException) as error:
        return because("unknown", f"the mail server broke off while it was given the mail: {_said(error)}")
    return SENT if answer[0] == 250 else _refused(answer)


def _refused(answer: tuple[int, bytes | str]) -> Ended:
    code, text = answer
    said = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return because("failed" if code >= _FOR_GOOD else "pending", f"the mail server refuses: {code} {said}")


def _said(error: Exception) -> str:
    return str(error) or type(error).__name__
