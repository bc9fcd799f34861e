# frozen_string_literal: true

# What EDGEPROBE_DEMONSTRATE makes happen to this suite, so that every kind of verdict can be seen. Otherwise nothing is
# tried again: what fails once has failed.
case ENV.fetch('EDGEPROBE_DEMONSTRATE', 'nothing')
when 'flaky'
  # An example meets a collector that is just being restarted, and passes when it is tried again.
  require 'rspec/retry'
  RSpec.configure do |config|
    config.before(:each, :meets_a_restart) do |example|
      local('systemctl', example.attempts.zero? ? 'stop' : 'start', 'edgeprobe-collector')
      eventually('the collector answers') { asked } unless example.attempts.zero?
    end
    config.around(:each, :meets_a_restart) { |example| example.run_with_retry(retry: 2) }
  end
when 'inconclusive'
  # The suite dies in its middle, as where the kernel runs out of memory.
  RSpec.configure do |config|
    config.after(:each, scenario: 'EP-K3') { Process.kill('KILL', Process.pid) }
  end
end
