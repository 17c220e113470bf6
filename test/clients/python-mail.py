"""What python.test.ts has Python do: facts come as JSON on stdin, what was done goes as JSON to stdout. Only the standard library."""
import base64
import imaplib
import json
import poplib
import re
import smtplib
import socket
import ssl
import sys
import threading
import time
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import formatdate, make_msgid

facts = json.load(sys.stdin)
ports, hanako, taro = facts["ports"], facts["hanako"], facts["taro"]
context = ssl.create_default_context(cafile=facts["ca"])
MEMBERS = (hanako["address"], taro["address"])


def letter(subject, text="おはよう。\n.\n..\nend\n", policy=SMTP):
    message = EmailMessage(policy=policy)
    message["From"] = hanako["address"]
    message["To"] = taro["address"]
    message["Subject"] = subject
    message["Date"] = formatdate(0)
    message["Message-ID"] = make_msgid(domain="apps.example")
    message.set_content(text)
    return message


def base(octets):
    return base64.b64encode(octets).decode()


def refused(code, call, *words):
    """Calls, and expects to be refused with this number."""
    try:
        call(*words)
    except smtplib.SMTPResponseException as answer:
        assert answer.smtp_code == code, answer
    except smtplib.SMTPRecipientsRefused as answer:
        assert {number for number, _ in answer.recipients.values()} == {code}, answer
    else:
        raise AssertionError(f"{words} were taken")


def smtp():
    sent = {}
    with smtplib.SMTP_SSL("localhost", ports["submissions"], context=context, local_hostname="app.example") as there:
        there.login(hanako["login"], hanako["password"])
        message = letter("smtplib 465")
        message.add_attachment(bytes(range(256)) * 40, maintype="application", subtype="octet-stream", filename="資料.bin")
        # Parts are divided by chance until it is said how.
        message.set_boundary("=-parts-=")
        assert there.send_message(message) == {}
        sent["smtplib 465"] = base(message.as_bytes())
        # A second letter on the same connection, with octets beyond ASCII in its header (RFC 6531).
        assert there.has_extn("smtputf8")
        message = letter("smtplib utf8 花子", policy=SMTPUTF8.clone(cte_type="8bit"))
        octets = message.as_bytes()
        assert "花子".encode() in octets
        there.sendmail(hanako["address"], [taro["address"]], octets, mail_options=["SMTPUTF8", "BODY=8BITMIME"])
        sent["smtplib utf8 花子"] = base(octets)
        # One of two recipients is nobody: the other gets it, and the app is told.
        message = letter("smtplib half")
        told = there.sendmail(hanako["address"], [taro["address"], "nobody@tayori.test"], message.as_bytes())
        assert list(told) == ["nobody@tayori.test"] and told["nobody@tayori.test"][0] == 550, told
        sent["smtplib half"] = base(message.as_bytes())
        refused(550, there.sendmail, hanako["address"], ["nobody@tayori.test"], message.as_bytes())
        refused(553, there.sendmail, taro["address"], [taro["address"]], message.as_bytes())
    with smtplib.SMTP("localhost", ports["submission"], local_hostname="app.example") as there:
        there.ehlo()
        refused(530, there.sendmail, hanako["address"], [taro["address"]], b"Subject: never\r\n\r\n")
        there.starttls(context=context)
        there.ehlo()
        refused(535, there.login, hanako["login"], "wrong")
        there.user, there.password = hanako["login"], hanako["password"]
        code, words = there.auth("LOGIN", there.auth_login)
        assert code == 235, words
        message = letter("smtplib 587")
        assert there.send_message(message) == {}
        sent["smtplib 587"] = base(message.as_bytes())
    with smtplib.SMTP("localhost", ports["smtp"], local_hostname="app.example") as there:
        refused(550, there.sendmail, "a@far.example", ["b@elsewhere.example"], b"Subject: never\r\n\r\n")
    return sent


def pop():
    there = poplib.POP3("localhost", ports["pop3"])
    there.stls(context=context)
    assert "UIDL" in there.capa()
    there.user(taro["login"])
    there.pass_(taro["password"])
    count, size = there.stat()
    _, rows, _ = there.list()
    assert len(rows) == count and sum(int(row.split()[1]) for row in rows) == size
    uidls = {int(row.split()[0]): row.split()[1].decode() for row in there.uidl()[1]}
    assert len(set(uidls.values())) == count == 4
    for number in range(1, count + 1):
        lines = there.retr(number)[1]
        head = there.top(number, 0)[1]
        assert lines[: len(head)] == head
        text = b"\r\n".join(lines)
        # Who has not asked for UTF-8 is given a header in ASCII (RFC 6856 §2.1), whose size is another.
        assert text.isascii() or b"\r\n\r\n" in text and text[: text.index(b"\r\n\r\n")].isascii(), text
        assert number == 2 or len(text) + 2 == int(rows[number - 1].split()[1])
    there.dele(1)
    there.rset()
    there.dele(4)
    there.quit()
    there = poplib.POP3_SSL("localhost", ports["pop3s"], context=context)
    there.utf8()
    there.user(taro["login"])
    there.pass_(taro["password"])
    assert there.stat()[0] == count - 1
    for row in there.list()[1]:
        number, octets = row.split()
        assert len(b"\r\n".join(there.retr(int(number))[1])) + 2 == int(octets)
    left = [row.split()[1].decode() for row in there.uidl()[1]]
    assert left == [uidl for number, uidl in uidls.items() if number != 4], left
    # The maildrop is locked (RFC 1939 §4).
    second = poplib.POP3_SSL("localhost", ports["pop3s"], context=context)
    second.user(taro["login"])
    try:
        second.pass_(taro["password"])
        raise AssertionError("two at once")
    except poplib.error_proto as answer:
        assert b"[IN-USE]" in answer.args[0], answer
    there.quit()
    return {"deleted": uidls[4]}


def ok(answer):
    state, data = answer
    assert state == "OK", answer
    return data


def open_imap(person):
    there = imaplib.IMAP4_SSL("localhost", ports["imaps"], ssl_context=context)
    ok(there.login(person["login"], person["password"]))
    return there


def deliver(subject):
    with smtplib.SMTP("localhost", ports["smtp"], local_hostname="far.example") as there:
        there.sendmail("a@far.example", [taro["address"]], letter(subject).as_bytes())


def idle(there):
    """imaplib of this age knows no IDLE: said by hand, while a letter comes in (RFC 2177)."""
    tag = there._new_tag()
    there.send(tag + b" IDLE\r\n")
    assert there.readline().startswith(b"+ ")
    threading.Timer(0.2, deliver, ["imaplib idle"]).start()
    there.sock.settimeout(8)
    told = there.readline()
    assert re.fullmatch(rb"\* \d+ EXISTS\r\n", told), told
    there.send(b"DONE\r\n")
    while not (line := there.readline()).startswith(tag):
        pass
    assert line.startswith(tag + b" OK"), line


def imap():
    there = imaplib.IMAP4("localhost", ports["imap"])
    there.starttls(ssl_context=context)
    try:
        there.login(taro["login"], "wrong")
        raise AssertionError("a wrong password was taken")
    except imaplib.IMAP4.error as answer:
        assert "AUTHENTICATIONFAILED" in str(answer), answer
    ok(there.authenticate("PLAIN", lambda _: f"\0{taro['login']}\0{taro['password']}".encode()))
    # A name of the world for an app that has not asked for UTF-8 (RFC 3501 §5.1.3). imaplib's APPEND after ENABLE UTF8=ACCEPT puts its own
    # wrapping into the letter, so the letters go in before.
    other = open_imap(taro)
    ok(other.create('"&hsc- &- parrot/&ZiU-"'))
    octets = letter("imaplib one 鶴", policy=SMTPUTF8.clone(cte_type="8bit")).as_bytes()
    for number, flags in enumerate([r"(\Flagged $Python)", r"(\Seen)", None]):
        date = imaplib.Time2Internaldate(86400.0 * (number + 1))
        ok(other.append('"&hsc- &- parrot/&ZiU-"', flags, date, octets.replace(b"one", str(number).encode())))
    ok(there.enable("UTF8=ACCEPT"))
    box = '"蛇 & parrot/春"'
    names = [row.decode() for row in ok(there.list())]
    assert any(name.endswith(box) for name in names), names
    ok(there.select(box))
    ok(there.noop())
    ((size, body), _) = ok(there.fetch("1", "(RFC822.SIZE INTERNALDATE BODY.PEEK[])"))
    assert body == octets.replace(b"one", b"0"), body
    assert b" 2-Jan-1970" in size and b"RFC822.SIZE %d" % len(body) in size, size
    assert ok(there.search(None, "FLAGGED")) == [b"1"]
    assert ok(there.search(None, "UNSEEN", "SINCE", "03-Jan-1970")) == [b"3"]
    there.literal = "鶴".encode()
    assert ok(there.uid("SEARCH", "SUBJECT")) == [b"1 2 3"]
    assert ok(there.uid("SORT", "(REVERSE ARRIVAL)", "UTF-8", "ALL")) == [b"3 2 1"]
    ok(there.store("2", "+FLAGS.SILENT", r"(\Deleted)"))
    ok(there.copy("3", '"蛇 & parrot"'))
    assert ok(there.expunge()) == [b"2"]
    ok(there.uid("MOVE", "3", '"蛇 & parrot"'))
    assert ok(there.status('"蛇 & parrot"', "(MESSAGES UNSEEN)"))[0].endswith(b"(MESSAGES 2 UNSEEN 2)")
    assert ok(there.search(None, "ALL")) == [b"1"]
    # The test has given Taro 100 MB (RFC 9208): told in units of 1,024 octets.
    roots, quotas = ok(there.getquotaroot("INBOX"))
    assert re.fullmatch(rb'INBOX "?\w*"?', roots[0]), roots
    used, limit = re.fullmatch(rb'"?\w*"? \(STORAGE (\d+) (\d+)\)', quotas[0]).groups()
    assert int(limit) in (97656, 102400) and 0 < int(used) < 100, quotas
    assert any(row.decode().endswith('"&hsc- &- parrot/&ZiU-"') for row in ok(other.list())), ok(other.list())
    ok(other.rename('"&hsc- &- parrot/&ZiU-"', '"&hsc- &- parrot/&WTs-"'))
    ok(other.select("INBOX"))
    idle(other)
    other.logout()
    ok(there.unselect())
    there.logout()
    return {"mailbox": "蛇 & parrot/夻", "octets": base(octets.replace(b"one", b"0"))}


json.dump({"smtp": smtp, "pop": pop, "imap": imap}[facts["part"]](), sys.stdout)
