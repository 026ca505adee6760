"""What is remembered: tables, transactions, encryption, the key store and migrations.

Three stores, and no road between the second and the first (docs/adr/0002):

- *identity*: an encrypted address, found by a keyed index; seat and organisation; the place in the check-in.
- *ballots*: the answers of the open period, filed under HMAC(period key, member), sealed with that key.
- *results*: frozen digests, each carrying the hash of the one before.

Keys live in a database of their own (`keys.py`). `Store.work()` opens one transaction and hands out a
`Work`, whose verbs commit together or not at all. Rows never leave this package; values do.
"""
