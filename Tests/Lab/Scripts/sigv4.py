"""Signs requests as botocore does, to compare with.

Reads requests as JSON, one a line: service, region, method, url, headers (an object), payload,
access, secret, session, time (20150830T123600Z). Prints each one's Authorization.
"""

import datetime
import json
import sys

import botocore.auth
import botocore.awsrequest
import botocore.credentials

for line in sys.stdin:
    asked = json.loads(line)
    now = datetime.datetime.strptime(asked["time"], "%Y%m%dT%H%M%SZ")
    now = now.replace(tzinfo=datetime.timezone.utc)
    # Both names that versions of botocore have asked for the time by.
    botocore.auth.get_current_datetime = lambda remove_tzinfo=True, now=now: (
        now.replace(tzinfo=None) if remove_tzinfo else now)
    kind = botocore.auth.S3SigV4Auth if asked["service"] == "s3" else botocore.auth.SigV4Auth
    credentials = botocore.credentials.Credentials(
        asked["access"], asked["secret"], asked["session"])
    request = botocore.awsrequest.AWSRequest(
        method=asked["method"], url=asked["url"], headers=asked["headers"])
    signer = kind(credentials, asked["service"], asked["region"])
    signer.payload = lambda request, payload=asked["payload"]: payload
    signer.add_auth(request)
    print(request.headers["Authorization"], flush=True)
