# frozen_string_literal: true

require_relative 'spec_helper'

# Kept over examples.
RECORDED = {}

RSpec.describe 'the pre-shared key' do
  # Runs one report of another agent on the node, with a key file of its own.
  def report_once(key, host: 'stranger', mode: '600', options: '')
    node("set -e; umask 077; d=$(mktemp -d); trap 'rm -rf $d' EXIT; cat > $d/psk; chmod #{mode} $d/psk; " \
         "sed -e \"s#^key-file = .*#key-file = $d/psk#\" -e '/^interval/a host-name = #{host}' " \
         '/etc/edgeprobe/agent.conf > $d/agent.conf; ' \
         "edgeprobe-agent --config $d/agent.conf --once #{options}", input: key)
  end

  # What an agent with the shared key sends to a collector that never answers: one whole frame, recorded once.
  def recorded_frame
    RECORDED[:frame] ||= begin
      listener = TCPServer.new('0.0.0.0', 7421)
      taken = Thread.new do
        connection = listener.accept
        head = connection.read(4)
        (head + connection.read(head.unpack1('N'))).tap { connection.close }
      end
      report_once(shared_key, host: 'recorded', options: "--collector #{Socket.gethostname}:7421")
      Timeout.timeout(PATIENCE) { taken.value }
    ensure
      listener&.close
    end
  end

  def shared_key
    File.read('/etc/edgeprobe/psk')
  end

  it 'is needed: another key is refused and its report not kept', scenario: 'EP-K1' do
    before = collected[:refused]
    ended = report_once(SecureRandom.base64(32), host: 'intruder')
    expect(ended.code).to eq(1)
    expect(collected[:refused]).to eq(before + 1)
    expect(report('intruder')).to be_nil
  end

  it 'is enough: the shared key is accepted', :meets_a_restart, scenario: 'EP-K2' do
    ended = report_once(shared_key, host: 'second')
    expect([ended.code, ended.err]).to eq([0, ''])
    expect(report('second')).not_to be_nil
  end

  it 'is not used from a file that others can read', scenario: 'EP-K3' do
    ended = report_once(shared_key, mode: '644')
    expect([ended.code, ended.err]).to match([2, /only its owner/])
  end

  it 'keeps what is sent unreadable on the network', scenario: 'EP-K4' do
    expect(recorded_frame.bytesize).to be > 200
    ['recorded', 'totalBytes', 'guests', shared_key.strip].each { |word| expect(recorded_frame).not_to include(word) }
  end

  it 'does not let a recorded report be played back', scenario: 'EP-K5' do
    before = collected[:refused]
    2.times do
      TCPSocket.open('localhost', 7420) { |socket| socket.write(recorded_frame) && socket.read }
    end
    expect(report('recorded')).not_to be_nil
    expect(collected[:refused]).to eq(before + 1)
  end
end
