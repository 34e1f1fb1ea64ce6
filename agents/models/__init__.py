"""The model layer: one model per role, at any endpoint or embedded, with structured answers, tool
use and honest errors.

Start at `models.py` (which model plays a role), then `role.py` (asking until it fits),
`endpoint.py` (one HTTP call and its retries).
"""

from agents.models.models import Models
from agents.models.role import RoleModel
from agents.models.scripted import ScriptedModels
from agents.models.types import Action, CallUsage, Message, OnCall, Text, ToolSpec

__all__ = [
    "Action",
    "CallUsage",
    "Message",
    "Models",
    "OnCall",
    "RoleModel",
    "ScriptedModels",
    "Text",
    "ToolSpec",
]
