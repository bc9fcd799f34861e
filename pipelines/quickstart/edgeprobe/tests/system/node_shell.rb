# frozen_string_literal: true

require 'open3'
require 'securerandom'
require 'timeout'

# What a command said and how it ended.
Ended = Struct.new(:out, :err, :code, keyword_init: true)

# A shell on the node that serves all examples: a log-in costs an emulated node seconds, a command milliseconds.
class NodeShell
  SSH = ['ssh', '-o', 'BatchMode=yes', '-o', 'ConnectTimeout=60', '-o', 'ServerAliveInterval=15'].freeze

  def initialize(host)
    @host = host
  end

  # Runs a shell command in a subshell of its own. Its input ends with a line feed.
  def run(command, input:, patience:)
    open unless @output
    Timeout.timeout(patience) { talk(command, input) }
  rescue StandardError
    close # because an answer that comes late would be taken for the next one's
    raise
  end

  def close
    [@input, @output].compact.each(&:close)
    Process.kill('KILL', @ssh.pid) if @ssh && !@ssh.join(10)
  rescue SystemCallError
    nil # it ended by itself
  ensure
    @input = @output = @ssh = nil
  end

  private

  def open
    @input, @output, @ssh = Open3.popen2(*SSH, "root@#{@host}", 'exec /bin/sh')
    @input.puts('answer=$(mktemp -d) && trap "rm -rf $answer" EXIT')
  end

  def talk(command, input)
    finish = SecureRandom.hex
    @input.write("(\n#{command}\n) > $answer/out 2> $answer/err << '#{finish}'\n#{input.chomp}\n#{finish}\n" \
                 'echo "$? $(stat -c %s $answer/out) $(stat -c %s $answer/err)"; cat $answer/out $answer/err' "\n")
    code, out, err = read_line.split.map(&:to_i)
    Ended.new(code: code, out: read(out), err: read(err))
  end

  def read_line
    @output.gets || raise("the shell on #{@host} ended")
  end

  def read(bytes)
    @output.read(bytes).to_s.force_encoding('UTF-8')
  end
end
