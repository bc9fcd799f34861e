# frozen_string_literal: true

require 'json'
require 'open3'
require 'securerandom'
require 'shellwords'
require 'socket'
require 'timeout'

# Runs on the front-end. What the environment says arrives in variables:
#   EDGEPROBE_NODE     name of the node, reached as root by SSH
#   EDGEPROBE_MACHINE  machine model of guests: q35 or microvm
NODE = ENV.fetch('EDGEPROBE_NODE')
MACHINE = ENV.fetch('EDGEPROBE_MACHINE')
PATIENCE = 120

# What a command said and how it ended.
Ended = Struct.new(:out, :err, :code, keyword_init: true)

module Machines
  SSH = ['ssh', '-o', 'BatchMode=yes', '-o', 'ConnectTimeout=30', '-o', 'ControlMaster=auto',
         '-o', 'ControlPath=/run/edgeprobe-spec-%C', '-o', 'ControlPersist=300'].freeze

  # Runs a command on the front-end.
  def local(*command, input: '')
    out, err, status = Timeout.timeout(PATIENCE) { Open3.capture3(*command, stdin_data: input) }
    Ended.new(out: out, err: err, code: status.exitstatus)
  end

  # Runs a shell command on the node.
  def node(command, input: '')
    local(*SSH, "root@#{NODE}", command, input: input)
  end

  # As `node`, but a command that fails fails the example.
  def node!(command, input: '')
    node(command, input: input).tap do |ended|
      raise "#{command}\nended with #{ended.code}: #{ended.err}#{ended.out}" unless ended.code.zero?
    end
  end

  # The first true value of the block, which is asked until then or until patience ends.
  def eventually(what, patience: PATIENCE)
    limit = Process.clock_gettime(Process::CLOCK_MONOTONIC) + patience
    loop do
      value = yield
      return value if value
      raise "#{what}: not within #{patience} s" if Process.clock_gettime(Process::CLOCK_MONOTONIC) > limit

      sleep 0.5
    end
  end

  # Everything the collector knows.
  def collected
    ended = local('edgeprobe', 'hosts', '--json')
    ended.code.zero? ? JSON.parse(ended.out, symbolize_names: true) : { refused: 0, hosts: [] }
  end

  # The node's last report, or nil.
  def report
    collected[:hosts].find { |host| host[:host] == NODE }
  end

  # The node's first report made after this call.
  def next_report
    before = report&.fetch(:at) || 0
    eventually('a new report') { report&.then { |found| found if found[:at] > before } }
  end

  def interval(seconds)
    node!("sed -i 's/^interval = .*/interval = #{seconds}s/' /etc/edgeprobe/agent.conf && " \
          'systemctl restart edgeprobe-agent')
  end
end

RSpec.configure do |config|
  config.include Machines
  config.expect_with(:rspec) { |expectations| expectations.syntax = :expect }
  config.before(:suite) do
    extend Machines
    local('systemctl', 'restart', 'edgeprobe-collector')
    eventually('the collector answers') { local('edgeprobe', 'hosts').code.zero? }
    node!('systemctl restart edgeprobe-agent')
    eventually('a first report') { report }
  end
  config.after(:suite) do
    extend Machines
    node('systemctl stop edgeprobe-agent')
  end
end
