# frozen_string_literal: true

# A formatter for RSpec 3 that writes results as JSON Lines, each line flushed as soon as its event happened.
#
# Usage: rspec --require "$EDGECERT_RUNNERS/edgecert_rspec.rb" --format EdgecertRspec --out FILE [anything else]
#
# The lines are those of the format `rspec-lines`: one `load`, one `start`, for each example a `started` and an
# `example`, `message` for what RSpec says itself, one `end`. Nothing but RSpec and Ruby's own library is needed.

require 'json'

# Writes one line for each event of a run.
class EdgecertRspec
  # Characters of a message, and frames of a backtrace; an example's line stays below a megabyte.
  MESSAGE = 65_536
  FRAMES = 200
  EXCEPTIONS = 20

  # What RSpec itself keeps in an example's metadata, or reads from there.
  OWN = (RSpec::Core::Metadata::RESERVED_KEYS +
         %i[skip pending if unless order aggregate_failures retry_exceptions]).freeze

  RSpec::Core::Formatters.register self, :start, :example_started, :example_passed, :example_failed, :example_pending,
                                   :message, :dump_summary, :close

  def initialize(output)
    @output = output
    @process = Process.pid
    @summary = nil
    line(v: 1, type: 'load', rspec: RSpec::Core::Version::STRING, ruby: RUBY_VERSION)
  end

  def start(notification)
    config = RSpec.configuration
    line(type: 'start', examples: notification.count, seed: (config.seed if config.seed_used?),
         dry_run: config.dry_run? ? true : false)
  end

  def example_started(notification)
    line(type: 'started', **named(notification.example))
  end

  def example_passed(notification)
    ended(notification.example, 'passed')
  end

  def example_pending(notification)
    ended(notification.example, 'pending', message: text(notification.example.execution_result.pending_message))
  end

  def example_failed(notification)
    example = notification.example
    ended(example, 'failed', exceptions: explained(example.execution_result.exception, example))
  end

  def message(notification)
    line(type: 'message', text: text(notification.message))
  end

  def dump_summary(summary)
    @summary = summary
  end

  # Written here, because nothing comes after it.
  def close(_notification)
    return if @summary.nil?

    outside = @summary.respond_to?(:errors_outside_of_examples_count) ? @summary.errors_outside_of_examples_count : 0
    line(type: 'end', examples: @summary.example_count, failed: @summary.failure_count,
         pending: @summary.pending_count, errors_outside: outside, seconds: @summary.duration)
    @summary = nil
  end

  private

  def ended(example, status, more = {})
    data = example.metadata
    line(type: 'example', **named(example), status: status, seconds: example.execution_result.run_time,
         file: text(data[:file_path]), line: data[:line_number], properties: properties(data),
         attempts: attempts(example, status), **more)
  end

  def named(example)
    group = example.metadata[:example_group]
    { id: text(example.id), group: text(group && group[:full_description]), description: text(example.description) }
  end

  # What the authors say about an example: `it 'works', scenario: 'VS-3', :slow`. A list is several properties.
  def properties(metadata)
    found = metadata.keys.reject { |key| OWN.include?(key) }.flat_map do |key|
      Array(metadata[key]).select { |value| scalar?(value) }.map { |value| [text(key), text(value)] }
    end
    found.empty? ? nil : found.first(200)
  end

  def scalar?(value)
    case value
    when String, Symbol, Numeric, true, false then true
    else false
    end
  end

  # The gem rspec-retry keeps there why it ran an example again; its last entry is the failure that counts.
  def attempts(example, status)
    earlier = example.metadata[:retry_exceptions]
    return nil unless earlier.is_a?(Array)

    earlier = earlier[0...-1] if status == 'failed'
    earlier.empty? ? nil : earlier.first(EXCEPTIONS).map { |exception| explained(exception, example) }
  end

  # Every exception of an example: aggregated failures and those of its hooks stand one by one.
  def explained(exception, example)
    all = exception.respond_to?(:all_exceptions) ? exception.all_exceptions : [exception]
    all.compact.first(EXCEPTIONS).map do |one|
      { class: text(one.class.name || one.class), message: said(one), backtrace: frames(one, example), cause: cause(one) }
    end
  end

  def frames(exception, example)
    trace = exception.backtrace || []
    RSpec.configuration.backtrace_formatter.format_backtrace(trace, example.metadata).first(FRAMES).map do |frame|
      text(frame)
    end
  end

  def cause(exception)
    cause = exception.cause
    cause.nil? || cause.equal?(exception) ? nil : "#{text(cause.class.name || cause.class)}: #{said(cause)}"
  end

  # Because an exception's own message may raise.
  def said(exception)
    text(exception.message)
  rescue StandardError => e
    "(no message: #{e.class} while it was asked for)"
  end

  # A value as whole UTF-8, with beginning and end of what is very long.
  def text(value)
    string = value.to_s
    string = string.encoding == Encoding::BINARY ? string.dup.force_encoding(Encoding::UTF_8) : string
    string = string.encode(Encoding::UTF_8, invalid: :replace, undef: :replace).scrub
    return string if string.length <= MESSAGE

    left = string.length - MESSAGE
    "#{string[0, MESSAGE / 2]}\n... #{left} characters left out ...\n#{string[-MESSAGE / 2, MESSAGE / 2]}"
  end

  # Only in RSpec's own process, because what an example forks ends with the same `exit` as RSpec.
  def line(fields)
    return unless Process.pid == @process

    @output.write("#{JSON.generate(fields.reject { |_, value| value.nil? }, ascii_only: true)}\n")
    @output.flush
    synchronise
  end

  # Because a pipe or a terminal cannot be synchronised.
  def synchronise
    @output.fsync if @output.respond_to?(:fsync)
  rescue Errno::EINVAL, Errno::ENOTSUP, NotImplementedError
    nil
  end
end
