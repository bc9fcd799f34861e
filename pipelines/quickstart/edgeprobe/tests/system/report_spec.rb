# frozen_string_literal: true

require_relative 'spec_helper'

RSpec.describe 'reports of a node' do
  it 'come from an agent of the installed version' do
    installed = local('dpkg-query', '-W', '-f', '${Version}', 'edgeprobe').out
    expect(report[:version]).to eq(installed)
    expect(node!("dpkg-query -W -f '${Version}' edgeprobe").out).to eq(installed)
  end

  it 'state the memory that the node has' do
    kibibytes = node!('cat /proc/meminfo').out[/^MemTotal:\s+(\d+) kB/, 1].to_i
    expect(report[:memory][:totalBytes]).to eq(kibibytes * 1024)
  end

  it 'state the processors that the node has' do
    expect(report[:processors][:online]).to eq(node!('nproc').out.to_i)
  end

  it 'put every processor into one NUMA node' do
    reported = report[:numa].to_h { |numa| [numa[:node], numa[:processors]] }
    seen = node!('cd /sys/devices/system/node && for n in node*; do echo "${n#node} $(cat $n/cpulist)"; done').out
    expect(reported.keys).to eq(seen.lines.map { |line| line.split.first.to_i }.sort)
    expect(reported.values.flatten.sort).to eq((0...report[:processors][:online]).to_a)
  end

  it 'have NUMA nodes whose memory is that of the node' do
    expect(report[:numa].sum { |numa| numa[:memoryBytes] }).to eq(report[:memory][:totalBytes])
  end

  it 'say whether the node can run guests by KVM' do
    expect(report[:kvm]).to be(node('test -c /dev/kvm').code.zero?)
  end

  it 'come at the chosen interval' do
    [2, 4].each do |seconds|
      interval(seconds)
      started = next_report[:at]
      times = eventually("four reports every #{seconds} s") do
        found = report[:reportedAt].select { |at| at >= started }
        found.first(4) if found.length >= 4
      end
      # The middle one of three gaps, because a busy host may miss one turn.
      gap = times.each_cons(2).map { |earlier, later| later - earlier }.sort[1]
      expect(gap).to be_within(seconds * 0.4).of(seconds)
    end
  ensure
    interval(2)
  end
end
