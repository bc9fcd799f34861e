# frozen_string_literal: true

require 'json'
require 'socket'
require_relative 'node_shell'

# Runs on the front-end. What the environment says arrives in variables:
#   EDGEPROBE_NODE     name of the node, reached as root by SSH
#   EDGEPROBE_MACHINE  machine model of guests: q35 or microvm
#   EDGEPROBE_DEMONSTRATE  see demonstrations.rb; nothing where it is left out
NODE = ENV.fetch('EDGEPROBE_NODE')
MACHINE = ENV.fetch('EDGEPROBE_MACHINE')
PATIENCE = 180
SHELL = NodeShell.new(NODE)

module Machines
  COLLECTOR = '/run/edgeprobe/collector.sock'

  # Runs a command on the front-end.
  def local(*command)
    out, err, status = Timeout.timeout(PATIENCE) { Open3.capture3(*command) }
    Ended.new(out: out, err: err, code: status.exitstatus)
  end

  # Runs a shell command on the node.
  def node(command, input: '')
    SHELL.run(command, input: input, patience: PATIENCE)
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

      sleep 0.2
    end
  end

  # Everything the collector knows, asked as `edgeprobe hosts` asks it; nil while none answers.
  def asked
    Timeout.timeout(PATIENCE) { JSON.parse(UNIXSocket.open(COLLECTOR, &:read), symbolize_names: true) }
  rescue Errno::ENOENT, Errno::ECONNREFUSED
    nil
  end

  def collected
    asked || raise('no collector answers')
  end

  # The last report of a host, or nil.
  def report(host = NODE)
    collected[:hosts].find { |known| known[:host] == host }
  end

  # The node's first report made after this call.
  def next_report
    before = report&.fetch(:at) || 0
    eventually('a new report') { report&.then { |found| found if found[:at] > before } }
  end
end

# How long the agent took from its start to its first report.
module Start
  class << self
    attr_accessor :seconds
  end
end

RSpec.configure do |config|
  config.include Machines
  config.expect_with(:rspec) { |expectations| expectations.syntax = :expect }
  config.before(:suite) do
    extend Machines
    local('systemctl', 'restart', 'edgeprobe-collector')
    eventually('the collector answers') { asked }
    node!('systemctl restart edgeprobe-agent')
    began = Process.clock_gettime(Process::CLOCK_MONOTONIC)
    eventually('a first report') { report }
    Start.seconds = Process.clock_gettime(Process::CLOCK_MONOTONIC) - began
  end
  config.after(:suite) do
    extend Machines
    node('systemctl stop edgeprobe-agent')
    SHELL.close
  end
end

require_relative 'demonstrations'
