"""The three wire formats: what callers say in them, and answers of every kind."""

from typing import Any

from evolve.llm.base import Usage


def said(wire: str, sent: dict[str, Any]) -> tuple[str, str]:
    """Return the system and the user text of a call."""
    match wire:
        case "responses":
            return sent["instructions"], sent["input"]
        case "chat":
            return sent["messages"][0]["content"], sent["messages"][1]["content"]
        case _:
            return sent["system"][0]["text"], sent["messages"][0]["content"]


def responses(kind: str, text: str, usage: Usage) -> Any:
    parts: list[Any] = [{"type": "output_text", "text": text, "annotations": []}]
    status, incomplete, error = "completed", None, None
    match kind:
        case "refused":
            parts = [{"type": "refusal", "refusal": "I would rather not"}]
        case "filtered":
            status, incomplete, parts = "incomplete", {"reason": "content_filter"}, []
        case "cut off":
            status, incomplete = "incomplete", {"reason": "max_output_tokens"}
        case "no text":
            parts = []
        case "failed at the server" | "failed for the rate" | "failed for the policy" | "failed":
            codes = {"failed at the server": "server_error", "failed for the rate": "rate_limit_exceeded"}
            code = codes.get(kind, "bio_policy" if kind.endswith("policy") else "invalid_image")
            status, parts, error = "failed", [], {"code": code, "message": "sorry"}
        case "nulls":
            return dict.fromkeys(("id", "status", "output", "usage", "model", "error"))
        case "wrong shape":
            return {"status": "completed", "output": {"text": text}}
        case "other object":
            return ["what", "is", "this"]
    details = {"cached_tokens": usage.cached_tokens, "cache_write_tokens": 0}
    counted = {"input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens, "total_tokens": 0}
    counted |= {"input_tokens_details": details, "output_tokens_details": {"reasoning_tokens": 3}}
    reasoning = {
        "type": "reasoning",
        "id": "rs_1",
        "summary": [],
        "content": [{"type": "reasoning_text", "text": "hm"}],
    }
    message = {"type": "message", "id": "msg_1", "role": "assistant", "status": status, "content": parts}
    return {
        "id": "resp_1",
        "object": "response",
        "status": status,
        "model": "served",
        "output": [reasoning, message],
        "usage": None if kind == "no usage" or error else counted,
        "error": error,
        "incomplete_details": incomplete,
    }


def chat(kind: str, text: str, usage: Usage) -> Any:
    message: dict[str, Any] = {"role": "assistant", "content": text}
    reason = "stop"
    match kind:
        case "refused":
            message = {"role": "assistant", "content": None, "refusal": "I would rather not"}
        case "filtered":
            message, reason = {"role": "assistant", "content": None}, "content_filter"
        case "cut off":
            reason = "length"
        case "no text":
            message = {"role": "assistant", "content": ""}
        case "parts":
            message = {"role": "assistant", "content": [{"type": "text", "text": text}]}
        case "error inside":
            return {"error": {"code": 503, "message": "the upstream is busy"}}
        case "nulls":
            return dict.fromkeys(("id", "choices", "usage", "model"))
        case "wrong shape":
            return {"choices": text}
        case "other object":
            return ["what", "is", "this"]
    counted: dict[str, Any] = {"prompt_tokens": usage.input_tokens, "completion_tokens": usage.output_tokens}
    if kind != "bare usage":
        counted |= {"prompt_tokens_details": {"cached_tokens": usage.cached_tokens}}
        counted |= {"completion_tokens_details": {"reasoning_tokens": 3}}
    answer = {"id": "c_1", "model": "served", "choices": [{"index": 0, "message": message, "finish_reason": reason}]}
    return answer if kind == "no usage" else answer | {"usage": counted}


def messages(kind: str, text: str, usage: Usage) -> Any:
    content: list[Any] = [{"type": "thinking", "thinking": "hm", "signature": "s"}, {"type": "text", "text": text}]
    reason, details = "end_turn", None
    match kind:
        case "refused":
            content, reason = [], "refusal"
            details = {"type": "refusal", "category": "frontier_llm", "explanation": "I would rather not"}
        case "filtered":
            content, reason, details = [], "refusal", {"type": "refusal", "category": None, "explanation": None}
        case "cut off":
            reason = "max_tokens"
        case "context full":
            reason = "model_context_window_exceeded"
        case "no text":
            content = []
        case "paused":
            reason = "pause_turn"
        case "nulls":
            return dict.fromkeys(("id", "content", "stop_reason", "usage"))
        case "wrong shape":
            return {"content": text, "stop_reason": "end_turn"}
        case "other object":
            return ["what", "is", "this"]
    counted = {
        "input_tokens": usage.input_tokens - usage.cached_tokens,
        "output_tokens": usage.output_tokens,
        "cache_read_input_tokens": usage.cached_tokens,
        "cache_creation_input_tokens": None,
        "output_tokens_details": {"thinking_tokens": 3},
    }
    answer = {"id": "m_1", "type": "message", "role": "assistant", "model": "served", "content": content}
    answer |= {"stop_reason": reason, "stop_details": details}
    return answer if kind == "no usage" else answer | {"usage": counted}


SHAPES = {"responses": responses, "chat": chat, "messages": messages}
