# frozen_string_literal: true

require_relative 'spec_helper'

# A guest of 128 MiB: the node's own kernel with nothing but busybox in its memory.
module Guest
  FOLDER = '/run/edgeprobe-guest'

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

  def start_guest(name)
    node!(BUILD)
    options = ['-name', name, '-M', MACHINE, '-accel', 'kvm', '-cpu', 'host', '-m', '128M', '-smp', '1',
               '-kernel', '"$kernel"', '-initrd', "#{FOLDER}/initramfs",
               '-append', '"console=ttyS0 quiet panic=-1 mitigations=off tsc=reliable rdinit=/init"',
               '-nodefaults', '-no-user-config', '-display', 'none', '-serial', "file:#{FOLDER}/console",
               '-pidfile', "#{FOLDER}/pid", '-daemonize']
    node!("kernel=/boot/vmlinuz-$(uname -r) && qemu-system-x86_64 #{options.join(' ')}")
  end

  def stop_guest
    node!("test ! -f #{FOLDER}/pid || { kill $(cat #{FOLDER}/pid) && rm -f #{FOLDER}/pid; }")
  end

  def guests
    next_report[:guests]
  end
end

RSpec.describe 'guests of a node' do
  include Guest

  before(:all) { start_guest('probe-me') }
  after(:all) { stop_guest }

  it 'are reported with what they were given' do
    expect(guests).to contain_exactly(
      include(name: 'probe-me', memoryBytes: 128 << 20, vcpus: 1, machine: MACHINE, acceleration: 'kvm')
    )
  end

  it 'are really run by KVM' do
    said = eventually('the guest speaks') do
      node("cat #{Guest::FOLDER}/console").out[/guest says: \d+/]
    end
    expect(said).to eq('guest says: 42')
    held = node!("ls -l /proc/$(cat #{Guest::FOLDER}/pid)/fd").out
    expect(held).to include('anon_inode:kvm-vm')
  end

  it 'disappear from the report when they stop' do
    stop_guest
    expect(eventually('no guest is left') { guests.empty? }).to be(true)
  end
end
