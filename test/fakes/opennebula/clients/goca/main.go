// Works with an OpenNebula through goca as it is published, and prints what it saw as one JSON object.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/OpenNebula/one/src/oca/go/src/goca"
	onerr "github.com/OpenNebula/one/src/oca/go/src/goca/errors"
	"github.com/OpenNebula/one/src/oca/go/src/goca/parameters"
	srvtmpl "github.com/OpenNebula/one/src/oca/go/src/goca/schemas/service_template"
	"github.com/OpenNebula/one/src/oca/go/src/goca/schemas/vm"
	"github.com/OpenNebula/one/src/oca/go/src/goca/schemas/vm/keys"
)

func must[T any](value T, err error) T {
	check(err)
	return value
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func until(holds func() bool) {
	for turn := 0; turn < 500; turn++ {
		if holds() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	check(errors.New("it never became what it should be"))
}

func code(err error) int {
	var refused *onerr.ResponseError
	if errors.As(err, &refused) {
		return int(refused.Code)
	}
	return -1
}

func main() {
	endpoint, flow := os.Args[1], os.Args[2]
	user, password := "oneadmin", "oneadmin-password"
	one := goca.NewGenericController(
		goca.NewDefaultClient(goca.NewConfig(user, password, endpoint)),
		goca.NewDefaultFlowClient(goca.NewFlowConfig(user, password, flow)))
	seen := map[string]any{"version": must(one.SystemVersion())}

	cluster := must(one.Clusters().Create("by-goca"))
	node := must(one.Hosts().Create("goca1", "kvm", "kvm", cluster))
	until(func() bool { return must(must(one.Host(node).Info(false)).StateString()) == "MONITORED" })
	check(one.Cluster(cluster).AddDatastore(0))
	check(one.Cluster(cluster).AddVnet(0))
	share := must(one.Host(node).Info(false)).Share
	seen["host"] = []int{share.MaxCPU, share.MaxMem}
	seen["cluster"] = must(one.Clusters().ByName("by-goca"))

	template := vm.NewTemplate()
	template.Add(keys.Name, "small")
	template.CPU(1).Memory(256)
	template.AddCtx("NETWORK", "YES")
	id := must(one.Templates().Create(template.String()))
	extra := "NIC = [ NETWORK = \"private\" ]\nOWNER_WORD = \"a <b> \\\"c\\\"\""
	machine := must(one.Template(id).Instantiate("by-goca", false, extra, false))
	info := func() *vm.VM { return must(one.VM(machine).Info(false)) }
	until(func() bool { _, state, err := info().StateString(); check(err); return state == "RUNNING" })
	nics := info().Template.GetNICs()
	word := must(info().UserTemplate.GetStr("OWNER_WORD"))
	seen["vm"] = []string{info().Name, must(nics[0].Get("IP")), word, info().HistoryRecords[0].Hostname}
	check(one.VM(machine).Update("NOTE = \"later\"", parameters.Merge))
	seen["pool"] = []int{
		len(must(one.VMs().Info(-2, -1, -1, -1)).VMs),
		len(must(one.VMs().InfoExtended(-2, -1, -1, -1)).VMs),
		len(must(one.VirtualNetworks().Info()).VirtualNetworks),
		len(must(one.Images().Info()).Images),
	}
	seen["quotas"] = must(one.User(0).Info(false)).VM.VMsUsed

	service := &srvtmpl.ServiceTemplate{}
	service.Template.Body = srvtmpl.Body{Name: "pair", Deployment: "straight", Roles: []srvtmpl.Role{{Name: "worker", Cardinality: 2, VMTemplate: id}}}
	check(one.STemplates().Create(service))
	running := must(one.STemplate(service.ID).Instantiate(""))
	until(func() bool { return must(one.Service(running.ID).Info()).Template.Body.StateRaw == 2 })
	seen["service"] = len(must(one.Service(running.ID).Info()).Template.Body.Roles[0].Nodes)
	check(one.Service(running.ID).Delete())
	check(one.STemplate(service.ID).Delete())

	_, missing := one.VM(999).Info(false)
	stranger := goca.NewController(goca.NewDefaultClient(goca.NewConfig("engineer", "engineer-password", endpoint)))
	_, forbidden := stranger.Hosts().Create("x", "kvm", "kvm", -1)
	unknown := goca.NewController(goca.NewDefaultClient(goca.NewConfig("oneadmin", "wrong", endpoint)))
	_, unauthenticated := unknown.SystemVersion()
	seen["refusals"] = []int{code(missing), code(one.VM(machine).Resume()), code(unauthenticated), code(forbidden), code(one.Host(node).Delete())}

	check(one.VM(machine).TerminateHard())
	until(func() bool { return len(must(one.VMs().Info(-2, -1, -1, -1)).VMs) == 0 })
	check(one.Host(node).Status(1))
	check(one.Host(node).Delete())
	check(one.Cluster(cluster).DelDatastore(0))
	check(one.Cluster(cluster).DelVnet(0))
	check(one.Cluster(cluster).Delete())
	fmt.Println(string(must(json.Marshal(seen))))
}
