# frozen_string_literal: true

require_relative 'spec_helper'

RSpec.describe 'the pre-shared key' do
  # Runs one report of the agent on the node with a key file of its own.
  def report_once(key, mode: '600', options: '')
    node("set -e; umask 077; d=$(mktemp -d); trap 'rm -rf $d' EXIT; cat > $d/psk; chmod #{mode} $d/psk; " \
         'sed "s#^key-file = .*#key-file = $d/psk#" /etc/edgeprobe/agent.conf > $d/agent.conf; ' \
         "edgeprobe-agent --config $d/agent.conf --once #{options}", input: key)
  end

  def shared_key
    File.read('/etc/edgeprobe/psk')
  end

  it 'is needed: another key is refused and its report not kept' do
    node!('systemctl stop edgeprobe-agent')
    before = collected
    ended = report_once(SecureRandom.base64(32))
    after = collected
    expect(ended.code).to eq(1)
    expect(after[:refused]).to eq(before[:refused] + 1)
    expect(after[:hosts]).to eq(before[:hosts])
  ensure
    node!('systemctl start edgeprobe-agent')
  end

  it 'is enough: the shared key is accepted' do
    expect(report_once(shared_key).err).to eq('')
  end

  it 'is not used from a file that others can read' do
    ended = report_once(shared_key, mode: '644')
    expect([ended.code, ended.err]).to match([2, /only its owner/])
  end

  it 'keeps what is sent unreadable on the network' do
    listener = TCPServer.new('0.0.0.0', 7421)
    taken = Thread.new do
      connection = listener.accept
      length = connection.read(4).unpack1('N')
      connection.read(length).tap { connection.close }
    end
    report_once(shared_key, options: "--collector #{Socket.gethostname}:7421")
    frame = Timeout.timeout(PATIENCE) { taken.value }
    expect(frame.bytesize).to be > 200
    [NODE, 'totalBytes', 'guests', shared_key.strip].each { |word| expect(frame).not_to include(word) }
  ensure
    listener&.close
  end

  it 'does not let a recorded report be played back' do
    listener = TCPServer.new('0.0.0.0', 7422)
    taken = Thread.new do
      connection = listener.accept
      head = connection.read(4)
      (head + connection.read(head.unpack1('N'))).tap { connection.close }
    end
    report_once(shared_key, options: "--collector #{Socket.gethostname}:7422")
    frame = Timeout.timeout(PATIENCE) { taken.value }
    before = collected[:refused]
    2.times do
      TCPSocket.open('localhost', 7420) { |socket| socket.write(frame) && socket.read }
    end
    expect(collected[:refused]).to eq(before + 1)
  ensure
    listener&.close
  end
end
