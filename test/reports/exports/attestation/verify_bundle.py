"""Verifies a bundle of DSSE envelopes with securesystemslib and in-toto-attestation: one JSON line per envelope."""

import json
import sys

from google.protobuf import json_format
from in_toto_attestation.v1.statement import Statement
from in_toto_attestation.v1 import statement_pb2
from in_toto_attestation.predicates.test_result.v0 import test_result_pb2
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey

bundle, key_id, public_hex = sys.argv[1:]
key = SSlibKey(key_id, "ed25519", "ed25519", {"public": public_hex})

with open(bundle, encoding="utf-8") as lines:
    for line in lines:
        try:
            envelope = Envelope.from_dict(json.loads(line))
            envelope.verify([key], 1)
            if envelope.payload_type != "application/vnd.in-toto+json":
                raise ValueError("payload type " + envelope.payload_type)
            statement = json_format.Parse(envelope.payload, statement_pb2.Statement())
            Statement.copy_from_pb(statement).validate()
            predicate = json_format.MessageToDict(statement.predicate)
            result = None
            if "test-result" in statement.predicate_type:
                parsed = json_format.ParseDict(predicate, test_result_pb2.TestResult(), ignore_unknown_fields=True)
                result = parsed.result
            print(json.dumps({"verified": True, "type": statement.predicate_type, "result": result}))
        except Exception as error:  # Because the caller judges every kind of refusal.
            print(json.dumps({"verified": False, "error": type(error).__name__}))
