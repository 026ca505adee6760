"""What people send instead of words: one message of each kind, as an update carries it."""

from standin_wire import Json

FILE = {"file_id": "from-a-person", "file_unique_id": "from-a-person"}
SQUARE = {**FILE, "width": 1, "height": 1}
CLIP = {**SQUARE, "duration": 1}
PLACE = {"latitude": 51.5, "longitude": -0.1}
CHANNEL = {"id": -1_000_000_000_079, "type": "channel", "title": "A channel"}
OPTION = {"persistent_id": "1", "text": "An option", "voter_count": 0}
POLL: Json = {"id": "1", "type": "regular", "question": "A poll", "options": [OPTION], "total_voter_count": 0}
POLL |= dict.fromkeys(("is_closed", "allows_multiple_answers", "allows_revoting", "members_only"), False)
POLL |= {"is_anonymous": True}

CONTENTS: dict[str, Json] = {
    "animation": {"animation": CLIP, "document": FILE},  # Telegram sends both, for old bots
    "audio": {"audio": {**FILE, "duration": 1}},
    "checklist": {"checklist": {"title": "A list", "tasks": [{"id": 1, "text": "A task"}]}},
    "contact": {"contact": {"phone_number": "1", "first_name": "A contact"}},
    "dice": {"dice": {"emoji": "🎲", "value": 6}},
    "document": {"document": FILE},
    "game": {"game": {"title": "A game", "description": "A game", "photo": [SQUARE]}},
    "location": {"location": PLACE},
    "paid_media": {"paid_media": {"star_count": 1, "paid_media": [{"type": "preview"}]}},
    "photo": {"photo": [SQUARE]},
    "poll": {"poll": POLL},
    "sticker": {"sticker": {**SQUARE, "type": "regular", "is_animated": False, "is_video": False}},
    "story": {"story": {"chat": CHANNEL, "id": 1}},
    "venue": {
        "location": PLACE,
        "venue": {"location": PLACE, "title": "A place", "address": "A street"},
    },
    "video": {"video": CLIP},
    "video_note": {"video_note": {**FILE, "length": 1, "duration": 1}},
    "voice": {"voice": {**FILE, "duration": 1}},
}
