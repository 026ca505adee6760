"""The first schema: partnerships, people, periods, rounds, ballots, digests."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "due",
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("subject", sa.String(length=32), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "subject", name=op.f("pk_due")),
    )
    op.create_index(op.f("ix_due_at"), "due", ["at"], unique=False)
    op.create_table(
        "audit",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("actor", sa.String(length=12), nullable=False),
        sa.Column("what", sa.String(length=32), nullable=False),
        sa.Column("about", sa.String(length=64), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("seal", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit")),
    )
    op.create_table(
        "fact",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_fact")),
    )
    op.create_table(
        "flow",
        sa.Column("ref", sa.String(length=80), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("published", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("ref", name=op.f("pk_flow")),
    )
    op.create_table(
        "text",
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("language", "number", name=op.f("pk_text")),
    )
    op.create_table(
        "partnership",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("timezone", sa.String(length=64), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("at", sa.String(length=5), nullable=False),
        sa.Column("split", sa.String(length=80), nullable=False),
        sa.Column("calendar", sa.String(length=8), nullable=False),
        sa.Column("ended", sa.Boolean(), nullable=False),
        sa.CheckConstraint("calendar IN ('year', 'pulse')", name=op.f("ck_partnership_calendar")),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name=op.f("ck_partnership_weekday")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partnership")),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("lookup", sa.LargeBinary(), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("lookup", name=op.f("uq_person_lookup")),
    )
    op.create_table(
        "coordinator",
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("partnership_id", sa.String(length=32), nullable=False),
        sa.Column("consent_text", sa.String(length=16), nullable=False),
        sa.Column("consent_day", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["partnership_id"],
            ["partnership.id"],
            name=op.f("fk_coordinator_partnership_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_coordinator_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person_id", "partnership_id", name=op.f("pk_coordinator")),
    )
    op.create_table(
        "link",
        sa.Column("token", sa.LargeBinary(), nullable=False),
        sa.Column("partnership_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("uses_left", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("kind IN ('member', 'coordinator')", name=op.f("ck_link_kind")),
        sa.CheckConstraint("uses_left >= 0", name=op.f("ck_link_uses")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_link_partnership_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_link")),
    )
    op.create_index(op.f("ix_link_partnership_id"), "link", ["partnership_id"], unique=False)
    op.create_table(
        "organisation",
        sa.Column("partnership_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("lead", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["partnership_id"],
            ["partnership.id"],
            name=op.f("fk_organisation_partnership_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("partnership_id", "number", name=op.f("pk_organisation")),
        sa.UniqueConstraint("partnership_id", "name", name=op.f("uq_organisation_partnership_id")),
    )
    op.create_table(
        "correction",
        sa.Column("partnership_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_correction_partnership_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("partnership_id", "number", name=op.f("pk_correction")),
    )
    op.create_table(
        "period",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("partnership_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("mode", sa.String(length=12), nullable=False),
        sa.Column("split", sa.String(length=80), nullable=False),
        sa.Column("least_people", sa.Integer(), nullable=False),
        sa.Column("least_outsiders", sa.Integer(), nullable=False),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.CheckConstraint("least_people >= 5 AND least_outsiders >= 3", name=op.f("ck_period_least")),
        sa.CheckConstraint("mode IN ('weekly', 'four-weekly')", name=op.f("ck_period_mode")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_period_partnership_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_period")),
        sa.UniqueConstraint("partnership_id", "number", name=op.f("uq_period_partnership_id")),
    )
    op.create_table(
        "ballot",
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("period_id", sa.String(length=32), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["period_id"], ["period.id"], name=op.f("fk_ballot_period_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_ballot")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_ballot_period_id"), "ballot", ["period_id"], unique=False)
    op.create_table(
        "pool",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("partnership_id", sa.String(length=32), nullable=False),
        sa.Column("flow", sa.String(length=80), nullable=False),
        sa.Column("opened", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_pool_partnership_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pool")),
        sa.UniqueConstraint("partnership_id", "flow", name=op.f("uq_pool_partnership_id")),
    )
    op.create_table(
        "poolballot",
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("pool_id", sa.String(length=32), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["pool_id"], ["pool.id"], name=op.f("fk_poolballot_pool_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_poolballot")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_poolballot_pool_id"), "poolballot", ["pool_id"], unique=False)
    op.create_table(
        "member",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("partnership_id", sa.String(length=32), nullable=False),
        sa.Column("organisation", sa.Integer(), nullable=True),
        sa.Column("seat", sa.String(length=16), nullable=True),
        sa.Column("next_seat", sa.String(length=16), nullable=True),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("heard", sa.LargeBinary(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("consent_text", sa.String(length=16), nullable=False),
        sa.Column("consent_day", sa.Date(), nullable=False),
        sa.CheckConstraint("state IN ('active', 'stopped', 'blocked')", name=op.f("ck_member_state")),
        sa.ForeignKeyConstraint(
            ["partnership_id", "organisation"],
            ["organisation.partnership_id", "organisation.number"],
            name=op.f("fk_member_organisation"),
        ),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_member_partnership_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_member_person_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member")),
        sa.UniqueConstraint("person_id", name=op.f("uq_member_person_id")),
    )
    op.create_index(op.f("ix_member_partnership_id"), "member", ["partnership_id"], unique=False)
    op.create_table(
        "round",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("partnership_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("period_id", sa.String(length=32), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("flow", sa.String(length=80), nullable=False),
        sa.Column("rotating", sa.String(length=32), nullable=True),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("reminds_at", sa.BigInteger(), nullable=False),
        sa.Column("closes_at", sa.BigInteger(), nullable=False),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.CheckConstraint("place BETWEEN 1 AND 4", name=op.f("ck_round_place")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_round_partnership_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["period_id"], ["period.id"], name=op.f("fk_round_period_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_round")),
        sa.UniqueConstraint("partnership_id", "number", name=op.f("uq_round_partnership_id")),
    )
    op.create_index(op.f("ix_round_period_id"), "round", ["period_id"], unique=False)
    op.create_index(
        "uq_round_open",
        "round",
        ["partnership_id"],
        unique=True,
        sqlite_where=sa.text("closed = 0"),
        postgresql_where=sa.text("NOT closed"),
    )
    op.create_table(
        "claim",
        sa.Column("round_id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("sent", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_claim_person_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_claim_round_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("round_id", "person_id", "kind", name=op.f("pk_claim")),
    )
    op.create_table(
        "digest",
        sa.Column("partnership_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.String(length=32), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("flow", sa.String(length=80), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("seal", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_digest_partnership_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_digest_round_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("partnership_id", "number", name=op.f("pk_digest")),
        sa.UniqueConstraint("round_id", name=op.f("uq_digest_round_id")),
    )
    op.create_table(
        "chart",
        sa.Column("round_id", sa.String(length=32), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("png", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_chart_round_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("round_id", "language", name=op.f("pk_chart")),
    )
    op.create_table(
        "run",
        sa.Column("id", sa.String(length=8), nullable=False),
        sa.Column("round_id", sa.String(length=32), nullable=False),
        sa.Column("member_id", sa.String(length=32), nullable=False),
        sa.Column("flow", sa.String(length=80), nullable=True),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("finished", sa.Boolean(), nullable=False),
        sa.Column("message", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_run_member_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_run_round_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run")),
        sa.UniqueConstraint("round_id", "member_id", name=op.f("uq_run_round_id")),
    )
    op.create_index(op.f("ix_run_member_id"), "run", ["member_id"], unique=False)


def downgrade() -> None:
    """Drop the tables."""
    op.drop_index(op.f("ix_run_member_id"), table_name="run")
    op.drop_table("run")
    op.drop_table("chart")
    op.drop_table("digest")
    op.drop_table("claim")
    op.drop_index(
        "uq_round_open",
        table_name="round",
        sqlite_where=sa.text("closed = 0"),
        postgresql_where=sa.text("NOT closed"),
    )
    op.drop_index(op.f("ix_round_period_id"), table_name="round")
    op.drop_table("round")
    op.drop_index(op.f("ix_member_partnership_id"), table_name="member")
    op.drop_table("member")
    op.drop_index(op.f("ix_poolballot_pool_id"), table_name="poolballot")
    op.drop_table("poolballot")
    op.drop_table("pool")
    op.drop_index(op.f("ix_ballot_period_id"), table_name="ballot")
    op.drop_table("ballot")
    op.drop_table("period")
    op.drop_table("correction")
    op.drop_table("organisation")
    op.drop_index(op.f("ix_link_partnership_id"), table_name="link")
    op.drop_table("link")
    op.drop_table("coordinator")
    op.drop_table("person")
    op.drop_table("partnership")
    op.drop_table("text")
    op.drop_table("flow")
    op.drop_table("fact")
    op.drop_table("audit")
    op.drop_index(op.f("ix_due_at"), table_name="due")
    op.drop_table("due")
