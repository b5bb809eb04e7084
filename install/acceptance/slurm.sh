#!/usr/bin/env bash
# A Slurm cluster of its own on this machine: bash slurm.sh FOLDER NODES PORT...
#
# Starts munged, slurmctld and a slurmd for each node, with all their files in
# FOLDER and the ports given (one for slurmctld, one a node), and stays until it is
# told to end (SIGTERM), when it ends them all. SLURM_CONF=FOLDER/slurm.conf makes
# sbatch and its kin use it. The pid of a node's slurmd is in FOLDER/NODE/pid. Needs
# Debian's slurm-wlm and munge.
set -euo pipefail
dir=$1 nodes=$2 ports=("${@:3}")
PATH=$PATH:/usr/sbin:/sbin
me=$(id -un) host=$(hostname -s)
mkdir -p "$dir"/{munge,state,log}
chmod 700 "$dir/munge" # munged trusts no folder that others can write to
chmod 755 "$dir"
head -c 128 /dev/urandom >"$dir/munge/key"
chmod 600 "$dir/munge/key"

{
	cat <<-CONF
		ClusterName=acceptance
		SlurmctldHost=$host(127.0.0.1)
		SlurmctldPort=${ports[0]}
		SlurmUser=$me
		SlurmdUser=$me
		AuthType=auth/munge
		AuthInfo=socket=$dir/munge/socket,cred_expire=5
		StateSaveLocation=$dir/state
		SlurmctldPidFile=$dir/slurmctld.pid
		SlurmctldLogFile=$dir/log/slurmctld
		SlurmdSpoolDir=$dir/%n
		SlurmdPidFile=$dir/%n/slurmd.pid
		SlurmdLogFile=$dir/log/%n
		SlurmdParameters=config_overrides
		SlurmdTimeout=6
		ProctrackType=proctrack/linuxproc
		TaskPlugin=task/none
		JobAcctGatherType=jobacct_gather/none
		SelectType=select/cons_tres
		SelectTypeParameters=CR_CPU
		SchedulerParameters=sched_min_interval=100000
		MpiDefault=none
		ReturnToService=1
	CONF
	for i in $(seq "$nodes"); do
		mkdir -p "$dir/n$i"
		echo "NodeName=n$i NodeHostname=$host NodeAddr=127.0.0.1 Port=${ports[$i]} CPUs=1"
	done
	echo "PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP"
} >"$dir/slurm.conf"
export SLURM_CONF=$dir/slurm.conf

pids=()
trap 'kill "${pids[@]}" 2>/dev/null || :; wait' EXIT
trap 'exit 0' TERM INT
munged --foreground --force --key-file="$dir/munge/key" --socket="$dir/munge/socket" --pid-file="$dir/munge/pid" \
	--log-file="$dir/munge/log" --seed-file="$dir/munge/seed" >"$dir/log/munged" 2>&1 &
pids+=($!)
while [ ! -S "$dir/munge/socket" ]; do kill -0 "${pids[0]}"; sleep 0.1; done
slurmctld -D >"$dir/log/slurmctld.out" 2>&1 &
pids+=($!)
for i in $(seq "$nodes"); do
	slurmd -D -N "n$i" >"$dir/log/n$i.out" 2>&1 &
	pids+=($!)
	echo $! >"$dir/n$i/pid"
done
wait
