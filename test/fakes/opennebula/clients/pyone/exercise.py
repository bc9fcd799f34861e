"""Works with an OpenNebula through pyone as it is published, and prints what it saw as one JSON object."""
import json
import sys
import time

import pyone

endpoint = sys.argv[1]
one = pyone.OneServer(endpoint, session="oneadmin:oneadmin-password")
seen = {"version": one.system.version()}


def until(look, want):
    for _ in range(500):
        found = look()
        if want(found):
            return found
        time.sleep(0.01)
    raise SystemExit("it never became what it should be")


def refusal(work):
    try:
        work()
    except pyone.OneException as error:
        return [type(error).__name__, str(error)]


cluster = one.cluster.allocate("by-pyone")
host = one.host.allocate("pyone1", "kvm", "kvm", cluster)
until(lambda: one.host.info(host).STATE, lambda state: state == pyone.HOST_STATES.MONITORED)
one.cluster.adddatastore(cluster, 0)
one.cluster.addvnet(cluster, 0)
share = one.host.info(host).HOST_SHARE
seen["host"] = [one.hostpool.info().HOST[0].NAME, share.MAX_CPU, share.MAX_MEM]
seen["cluster"] = [one.cluster.info(cluster).HOSTS.ID, [each.NAME for each in one.clusterpool.info().CLUSTER]]

exported = one.marketapp.export(0, None, "debian")
image = until(lambda: one.image.info(exported["image"]), lambda it: it.STATE == pyone.IMAGE_STATES.READY)
seen["image"] = [image.NAME, image.SIZE, one.template.info(exported["vmtemplate"]).NAME]

template = one.template.allocate({"TEMPLATE": {"NAME": "small", "CPU": "1", "MEMORY": "256", "CONTEXT": {"NETWORK": "YES"}}})
vm = one.template.instantiate(template, "by-pyone", False, {"TEMPLATE": {"NIC": {"NETWORK": "private"}, "OWNER_WORD": "a <b> \"c\""}}, False)
running = until(lambda: one.vm.info(vm), lambda it: it.LCM_STATE == pyone.LCM_STATE.RUNNING)
seen["vm"] = [running.NAME, running.TEMPLATE["NIC"]["IP"], running.USER_TEMPLATE["OWNER_WORD"], running.HISTORY_RECORDS.HISTORY[0].HOSTNAME]
one.vm.update(vm, {"NOTE": "later"}, 1)
one.vm.schedadd(vm, {"TEMPLATE": {"SCHED_ACTION": {"ACTION": "terminate-hard", "TIME": str(int(time.time()) + 3600)}}})
seen["pools"] = [
    [each.NAME for each in one.vmpool.info(-2, -1, -1, -1).VM],
    [each.USER_TEMPLATE["NOTE"] for each in one.vmpool.infoextended(-2, 0, -10, -1).VM],
    "NOTE" in one.vmpool.info(-2, -1, -1, -1).VM[0].USER_TEMPLATE,
    [each.NAME for each in one.vnpool.info(-2, -1, -1).VNET],
    [each.NAME for each in one.datastorepool.info().DATASTORE],
]
seen["action"] = one.vm.info(vm).TEMPLATE["SCHED_ACTION"]["ACTION"]
seen["user"] = [one.user.info(-1).NAME, one.group.info(1).NAME]
seen["refusals"] = [
    refusal(lambda: one.vm.info(999)),
    refusal(lambda: one.vm.action("resume", vm)),
    refusal(lambda: pyone.OneServer(endpoint, session="oneadmin:wrong").system.version()),
    refusal(lambda: pyone.OneServer(endpoint, session="engineer:engineer-password").host.allocate("x", "kvm", "kvm", -1)),
    refusal(lambda: one.vmpool.info(-9, -1, -1, -1)),
    refusal(lambda: one.vm.info("0")),
    refusal(lambda: one.vm.nothing()),
    refusal(lambda: one.host.delete(host)),
]
one.vm.action("terminate-hard", vm)
until(lambda: one.vm.info(vm).STATE, lambda state: state == pyone.VM_STATE.DONE)
seen["deleted"] = [one.host.delete(host), one.cluster.deldatastore(cluster, 0), one.cluster.delvnet(cluster, 0), one.cluster.delete(cluster)]
print(json.dumps(seen))
