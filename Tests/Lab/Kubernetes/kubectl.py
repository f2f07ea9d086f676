"""kubectl, as far as the role calls it."""
import json
import os
import re
import sys

import yaml

from common import ADMIN, Client, Failure, main, wait


def options(arguments):
    """Words, and options with their values."""
    words, found = [], {}
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        if word in ("-o", "-f", "-n", "-l", "--raw", "--kubeconfig", "--config", "--ttl", "--description"):
            found[word] = rest.pop(0)
        elif word.startswith("-"):
            name, _, value = word.partition("=")
            found[name] = value
        else:
            words.append(word)
    return words, found


def jsonpath(template, thing):
    return re.sub(r"\{([^{}]*)\}", lambda match: text(step(match[1], thing)), template)


def step(path, thing):
    for part in re.findall(r"\.((?:\\.|[^.\[\\])+)|\[\?\(@\.(\w+)==\"([^\"]*)\"\)\]", path):
        if thing is None:
            return None
        if part[0]:
            thing = thing.get(part[0].replace("\\.", "."))
        else:
            thing = next((one for one in thing if one.get(part[1]) == part[2]), None)
    return thing


def text(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else value if isinstance(value, str) else json.dumps(value)


def get(client, words, found):
    if "--raw" in found:
        print(json.dumps(client.get(found["--raw"]), indent=2))
        return
    kind, _, name = words[0].partition("/")
    kind = {"node": "nodes", "configmap": "configmaps"}.get(kind, kind)
    name = name or "".join(words[1:2])
    thing = client.get(f"/{kind}/{name}" if name else f"/{kind}")
    if "-l" in found:
        thing["items"] = [one for one in thing["items"]
                          if found["-l"] in one["metadata"]["labels"]]
    output = found.get("-o", "")
    if output == "json":
        print(json.dumps(thing, indent=4))
    elif output.startswith("jsonpath="):
        print(jsonpath(output.removeprefix("jsonpath="), thing), end="")
    elif output == "name":
        for one in thing.get("items", [thing]):
            print(f"{kind.removesuffix('s')}/{one['metadata']['name']}")
    elif output.startswith("custom-columns="):
        columns = [one.split(":")[1] for one in output.removeprefix("custom-columns=").split(",")]
        for one in thing["items"]:
            print("   ".join(text(step(column, one)) or "<none>" for column in columns))
    else:
        for node in thing.get("items", [thing]):
            ready = node["status"]["conditions"][0]["status"] == "True"
            cordoned = node["spec"].get("unschedulable")
            print(node["metadata"]["name"], ("Ready" if ready else "NotReady")
                  + (",SchedulingDisabled" if cordoned else ""),
                  node["status"]["nodeInfo"]["kubeletVersion"])


def cordon(client, name, is_wanted):
    node = client.get(f"/nodes/{name}")
    word = "cordoned" if is_wanted else "uncordoned"
    if bool(node["spec"].get("unschedulable")) == is_wanted:
        print(f"node/{name} already {word}")
        return
    client.patch(f"/nodes/{name}", {"spec": {"unschedulable": is_wanted or None}})
    print(f"node/{name} {word}")


def label(client, words):
    name, change = words[1], words[2]
    key, _, value = change.partition("=")
    if change.endswith("-") and not value:
        key, value = change[:-1], None
    client.patch(f"/nodes/{name}", {"metadata": {"labels": {key: value}}})
    print(f"node/{name} {'labeled' if value else 'unlabeled'}")


def annotate(client, words):
    key, _, value = words[2].partition("=")
    client.patch(f"/nodes/{words[1]}", {"metadata": {"annotations": {key: value}}})
    print(f"node/{words[1]} annotated")


def wait_for(client, word, found):
    name = word.removeprefix("node/")
    wanted = found["--for"]
    client.get(f"/nodes/{name}")

    def holds():
        node = client.get(f"/nodes/{name}")
        if wanted == "condition=Ready":
            return node["status"]["conditions"][0]["status"] == "True"
        path, _, value = wanted.removeprefix("jsonpath=").rpartition("=")
        return jsonpath(path, node) == value
    wait(int(found["--timeout"].removesuffix("s")), holds,
         f"error: timed out waiting for the condition on nodes/{name}")
    print(f"node/{name} condition met")


def objects(path):
    with open(path) as file:
        for thing in yaml.safe_load_all(file):
            if thing:
                yield f"{thing['kind']}/{thing['metadata']['name']}", thing


def differs(client, key, thing):
    return client.has(f"/applied/{key}") != thing


def run(arguments):
    words, found = options(arguments)
    client = Client.of(found.get("--kubeconfig") or os.environ.get("KUBECONFIG") or ADMIN)
    verb, words = words[0], words[1:]
    if verb == "get":
        get(client, words, found)
    elif verb == "drain":
        cordon(client, words[0], True)
        print(f"node/{words[0]} drained")
    elif verb in ("cordon", "uncordon"):
        cordon(client, words[0], verb == "cordon")
    elif verb == "label":
        label(client, words)
    elif verb == "annotate":
        annotate(client, words)
    elif verb == "wait":
        wait_for(client, words[0], found)
    elif verb == "diff":
        if any(differs(client, *one) for one in objects(found["-f"])):
            sys.exit(1)
    elif verb == "apply":
        for key, thing in objects(found["-f"]):
            is_new = differs(client, key, thing)
            client.call("DELETE", f"/applied/{key}") if client.has(f"/applied/{key}") else None
            client.patch(f"/applied/{key}", thing)
            print(f"{key.lower()} {'configured' if is_new else 'unchanged'}")
    elif verb == "delete":
        client.call("DELETE", f"/nodes/{words[1]}")
        print(f'node "{words[1]}" deleted')
    else:
        raise Failure(f'error: unknown command "{verb}" for "kubectl"')


if __name__ == "__main__":
    main("kubectl", run)
