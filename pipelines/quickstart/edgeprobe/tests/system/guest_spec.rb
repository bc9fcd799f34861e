# frozen_string_literal: true

require_relative 'spec_helper'

# A guest of 128 MiB: the node's own kernel with nothing but busybox in its memory.
module Guest
  FOLDER = '/run/edgeprobe-guest'
  NAME = 'probe-me'

  BUILD = <<~SHELL
    set -e
    rm -rf #{FOLDER} && mkdir -p #{FOLDER}/root/bin && cd #{FOLDER}/root
    cp "$(command -v busybox)" bin/busybox
    cat > init <<'END'
    #!/bin/busybox sh
    echo "guest says: $((6 * 7))"
    while :; do /bin/busybox sleep 60; done
    END
    chmod 755 init
    find . | cpio --quiet -o -H newc > ../initramfs
  SHELL

  # The clocks of a PC, because a kernel without them measures its time for seconds.
  CLOCKS = MACHINE == 'microvm' ? ',pit=on,pic=on,rtc=on' : ''

  # What a guest without devices need not look for.
  KERNEL_LINE = 'console=ttyS0 quiet panic=-1 mitigations=off tsc=reliable rdinit=/init nokaslr lpj=4000000 ' \
                'acpi=off pci=off 8250.nr_uarts=1 i8042.nopnp i8042.noaux i8042.nokbd cryptomgr.notests ' \
                'random.trust_cpu=on audit=0 security=none nowatchdog'

  OPTIONS = ['-name', NAME, '-M', "#{MACHINE}#{CLOCKS}", '-accel', 'kvm', '-cpu', 'host', '-m', '128M', '-smp', '1',
             '-kernel', '/boot/vmlinuz-$(uname -r)', '-initrd', "#{FOLDER}/initramfs",
             '-append', "\"#{KERNEL_LINE}\"",
             '-nodefaults', '-no-user-config', '-display', 'none', '-serial', "file:#{FOLDER}/console",
             '-pidfile', "#{FOLDER}/pid", '-daemonize'].freeze

  STOP = "test ! -f #{FOLDER}/pid || { kill $(cat #{FOLDER}/pid) && rm -f #{FOLDER}/pid; }"

  class << self
    # How the command ended that started the guest.
    attr_accessor :start
  end

  def guests
    next_report[:guests]
  end
end

RSpec.configure do |config|
  # Before everything else, because the guest boots while the front-end gets ready.
  config.prepend_before(:suite) do
    extend Machines
    Guest.start = node("#{Guest::STOP}\n#{Guest::BUILD}\nqemu-system-x86_64 #{Guest::OPTIONS.join(' ')}")
  end
end

RSpec.describe 'guests of a node' do
  include Guest

  before(:all) { raise "the guest did not start: #{Guest.start.err}" unless Guest.start.code.zero? }
  after(:all) { node!(Guest::STOP) }

  it 'are reported with what they were given', scenario: 'EP-G1' do
    expect(guests).to contain_exactly(
      include(name: Guest::NAME, memoryBytes: 128 << 20, vcpus: 1, machine: MACHINE, acceleration: 'kvm')
    )
  end

  it 'are really run by KVM', scenario: 'EP-G2' do
    said = eventually('the guest speaks') do
      node("cat #{Guest::FOLDER}/console").out[/guest says: \d+/]
    end
    expect(said).to eq('guest says: 42')
    held = node!("ls -l /proc/$(cat #{Guest::FOLDER}/pid)/fd").out
    expect(held).to include('anon_inode:kvm-vm')
  end

  it 'disappear from the report when they stop', scenario: 'EP-G3' do
    node!(Guest::STOP)
    expect(eventually('no guest is left') { guests.empty? }).to be(true)
  end
end
