"""Words of three themes, as a flow would give them."""

from digests import ThemeWords

THEMES = {
    "trust": ThemeWords(
        title="Trust",
        emoji="🤝",
        well="people say they can count on each other.",
        talk_low="Which of our promises is running late, and who should hear that from us first?",
        talk_steady="What is nobody saying out loud, and what would make it easier to say?",
    ),
    "power": ThemeWords(
        title="Power",
        emoji="⚖️",
        well="people say their view counts when things are decided.",
        talk_low="Think of our last three big choices. Who made them, and who was missing?",
        talk_steady="Who joined us last, and what do they see that the rest of us miss?",
    ),
    "part": ThemeWords(
        title="Taking part",
        emoji="🙌",
        well="people say taking part is worth their time.",
        talk_low="What could we stop doing, and whose time do we use without paying for it?",
        talk_steady="What could we do in half the time, and still do well?",
    ),
}
