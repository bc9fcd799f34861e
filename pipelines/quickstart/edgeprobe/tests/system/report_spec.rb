# frozen_string_literal: true

require_relative 'spec_helper'

# A second agent beside the node's service, which reports less often from the start: nothing is restarted to compare.
module Unhurried
  HOST = 'unhurried'
  FOLDER = '/run/edgeprobe-unhurried'
  STOP = "test ! -f #{FOLDER}/pid || { kill $(cat #{FOLDER}/pid) && rm -f #{FOLDER}/pid; }"
  START = <<~SHELL
    set -e
    #{STOP}
    mkdir -p #{FOLDER}
    sed 's/^interval = .*/interval = 5s\\nhost-name = #{HOST}/' /etc/edgeprobe/agent.conf > #{FOLDER}/agent.conf
    edgeprobe-agent --config #{FOLDER}/agent.conf < /dev/null > #{FOLDER}/log 2>&1 &
    echo $! > #{FOLDER}/pid
  SHELL
end

RSpec.configure do |config|
  config.before(:suite) do
    extend Machines
    node!(Unhurried::START)
  end
  config.after(:suite) do
    extend Machines
    node(Unhurried::STOP)
  end
end

RSpec.describe 'reports of a node' do
  it 'come from an agent of the installed version', scenario: 'EP-R6' do
    installed = local('dpkg-query', '-W', '-f', '${Version}', 'edgeprobe').out
    told = JSON.parse(local('edgeprobe', 'hosts', '--json').out, symbolize_names: true)
    expect(told[:hosts]).to include(include(host: NODE, version: installed))
    expect(node!("dpkg-query -W -f '${Version}' edgeprobe").out).to eq(installed)
  end

  it 'state the memory that the node has', scenario: 'EP-R1' do
    kibibytes = node!('cat /proc/meminfo').out[/^MemTotal:\s+(\d+) kB/, 1].to_i
    expect(report[:memory][:totalBytes]).to eq(kibibytes * 1024)
  end

  it 'state the processors that the node has', scenario: 'EP-R2' do
    expect(report[:processors][:online]).to eq(node!('nproc').out.to_i)
  end

  it 'put every processor into one NUMA node', scenario: 'EP-R3' do
    reported = report[:numa].to_h { |numa| [numa[:node], numa[:processors]] }
    seen = node!('cd /sys/devices/system/node && for n in node*; do echo "${n#node} $(cat $n/cpulist)"; done').out
    expect(reported.keys).to eq(seen.lines.map { |line| line.split.first.to_i }.sort)
    expect(reported.values.flatten.sort).to eq((0...report[:processors][:online]).to_a)
  end

  it 'have NUMA nodes whose memory is that of the node', scenario: 'EP-R3' do
    expect(report[:numa].sum { |numa| numa[:memoryBytes] }).to eq(report[:memory][:totalBytes])
  end

  it 'say whether the node can run guests by KVM', scenario: 'EP-R4' do
    expect(report[:kvm]).to be(node('test -c /dev/kvm').code.zero?)
  end

  it 'begin when the agent is started', scenario: 'EP-R5' do |example|
    example.metadata[:'measure.first-report'] = format('%.2f s|lower', Start.seconds)
    expect(Start.seconds).to be < PATIENCE
  end

  it 'become metrics of the exporter', scenario: 'EP-X4' do
    metrics = local('sh', '-c', 'edgeprobe hosts --json | edgeprobe-exporter').out
    kibibytes = node!('cat /proc/meminfo').out[/^MemTotal:\s+(\d+) kB/, 1].to_i
    stated = metrics[/^edgeprobe_host_memory_bytes\{host="#{NODE}"\} (\S+)$/, 1]
    expect(stated.to_f).to eq(kibibytes * 1024)
  end

  it 'come at the chosen interval', scenario: 'EP-R5' do
    { NODE => 2, Unhurried::HOST => 5 }.each do |host, seconds|
      times = eventually("four reports of #{host}") { report(host)&.fetch(:reportedAt)&.then { |at| at if at.length >= 4 } }
      # The middle one of the gaps, because a busy host may miss a turn.
      gaps = times.each_cons(2).map { |earlier, later| later - earlier }.sort
      expect(gaps[gaps.length / 2]).to be_within(seconds * 0.4).of(seconds)
    end
  end
end
