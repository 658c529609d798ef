"""Attested AI inference from Python.

import numpy as np, opg

with opg.Client("ws://127.0.0.1:9944", opg.Account.from_key_file("me.json", password)) as client:
    result = client.infer("owner/model", {"x": np.zeros((1, 64), np.float32)})
    print(result.outputs, result.fee)
    result.receipt().save("receipt.json")
"""

from opg.account import Account
from opg.aio import AsyncClient, AsyncRequest, AsyncResult
from opg.amount import OPG, to_opg, to_planck
from opg.blobs import ContentUnavailable
from opg.client import Client, Request, Result
from opg.errors import (
    Busy,
    Congested,
    EngineUnavailable,
    Expired,
    FeeTooLow,
    InputMismatch,
    InvalidDeadline,
    InvalidFuelLimit,
    InvalidParameter,
    KeyFileError,
    ModelError,
    ModelNotServed,
    ModelUnknown,
    NoAccount,
    NodeMisbehaved,
    NodeUnreachable,
    NotARequest,
    NotEnoughFunds,
    NotIncluded,
    NotYet,
    OpgError,
    ProgramError,
    ReferenceUsed,
    RequestFailed,
    RequestRefused,
    RequestUnknown,
    RpcError,
    StateUnavailable,
    TensorError,
    TooLarge,
    TooManySubscriptions,
    UnsafeMethod,
    WaitTimeout,
    WrongChain,
)
from opg.extrinsic import UnknownRuntime
from opg.programs import Anchor, Inspection, Published, Verified, fix, inspect, run, verify
from opg.results import Answer, Chain, DryRun, Estimate, Model, Receipt, Status
from opg.sending import Outstanding

__version__ = "0.1.0"

__all__ = [
    "OPG",
    "Account",
    "Anchor",
    "Answer",
    "AsyncClient",
    "AsyncRequest",
    "AsyncResult",
    "Busy",
    "Chain",
    "Client",
    "Congested",
    "ContentUnavailable",
    "DryRun",
    "EngineUnavailable",
    "Estimate",
    "Expired",
    "FeeTooLow",
    "InputMismatch",
    "Inspection",
    "InvalidDeadline",
    "InvalidFuelLimit",
    "InvalidParameter",
    "KeyFileError",
    "Model",
    "ModelError",
    "ModelNotServed",
    "ModelUnknown",
    "NoAccount",
    "NodeMisbehaved",
    "NodeUnreachable",
    "NotARequest",
    "NotEnoughFunds",
    "NotIncluded",
    "NotYet",
    "OpgError",
    "Outstanding",
    "ProgramError",
    "Published",
    "Receipt",
    "ReferenceUsed",
    "Request",
    "RequestFailed",
    "RequestRefused",
    "RequestUnknown",
    "Result",
    "RpcError",
    "StateUnavailable",
    "Status",
    "TensorError",
    "TooLarge",
    "TooManySubscriptions",
    "UnknownRuntime",
    "UnsafeMethod",
    "Verified",
    "WaitTimeout",
    "WrongChain",
    "fix",
    "inspect",
    "run",
    "to_opg",
    "to_planck",
    "verify",
]
