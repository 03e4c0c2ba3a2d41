#!/usr/bin/env bash
# A Ceph of one host on loopback, in memory: one mon, mgr and osd, and a radosgw.
# usage: ceph.sh FOLDER MON_PORT MON_PORT_V1 RGW_PORT ACCESS_KEY SECRET_KEY; `kill` the *.pid files to end it
set -euo pipefail
folder=$1 mon=$2 mon_v1=$3 rgw=$4 access=$5 secret=$6
mkdir -p "$folder"/{mon,osd,mgr,run,log}
cd "$folder"
cat > ceph.conf <<CONF
[global]
fsid = $(cat /proc/sys/kernel/random/uuid)
mon_host = [v2:127.0.0.1:$mon,v1:127.0.0.1:$mon_v1]
public_network = 127.0.0.0/8
auth_cluster_required = cephx
auth_service_required = cephx
auth_client_required = cephx
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 8
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
mon_allow_pool_size_one = true
mon_max_pg_per_osd = 1000
mon_data_avail_warn = 1
mon_data_avail_crit = 1
run_dir = $folder/run
admin_socket = $folder/run/\$name.asok
log_file = $folder/log/\$name.log
keyring = $folder/\$name.keyring
pid_file = $folder/\$name.pid
setuser_match_path =
auth_allow_insecure_global_id_reclaim = false
[mon]
mon_data = $folder/mon
[osd]
osd_data = $folder/osd
osd_objectstore = memstore
memstore_device_bytes = 4294967296
osd_mclock_skip_benchmark = true
[mgr]
mgr_data = $folder/mgr
[client.rgw]
rgw_frontends = beast endpoint=127.0.0.1:$rgw
rgw_enable_usage_log = false
CONF
fsid=$(awk '/^fsid/ {print $3}' ceph.conf)
ceph() { timeout 60 /usr/bin/ceph -c "$folder/ceph.conf" -n client.admin -k "$folder/client.admin.keyring" "$@"; }
all=(--cap mon 'allow *' --cap osd 'allow *' --cap mgr 'allow *' --cap mds 'allow *')
ceph-authtool --create-keyring mon.keyring --gen-key -n mon. --cap mon 'allow *'
ceph-authtool --create-keyring client.admin.keyring --gen-key -n client.admin "${all[@]}"
ceph-authtool mon.keyring --import-keyring client.admin.keyring
monmaptool --create --addv a "[v2:127.0.0.1:$mon,v1:127.0.0.1:$mon_v1]" --fsid "$fsid" monmap
ceph-mon -c ceph.conf --mkfs -i a --monmap monmap --keyring mon.keyring
ceph-mon -c ceph.conf -i a
ceph mon enable-msgr2 || true
ceph auth get-or-create mgr.x mon 'allow profile mgr' osd 'allow *' > mgr.x.keyring
ceph-mgr -c ceph.conf -i x
uuid=$(cat /proc/sys/kernel/random/uuid)
ceph osd new "$uuid"
ceph auth get-or-create osd.0 mon 'allow profile osd' mgr 'allow profile osd' osd 'allow *' > osd.0.keyring
ceph-osd -c ceph.conf -i 0 --osd-uuid "$uuid" --mkfs --keyring osd.0.keyring
ceph-osd -c ceph.conf -i 0
ceph auth get-or-create client.rgw mon 'allow rwx' osd 'allow rwx' > client.rgw.keyring
for _ in $(seq 120); do ceph osd stat | grep -q '1 up' && break; sleep 0.5; done
radosgw -c ceph.conf -n client.rgw
for _ in $(seq 240); do curl -s -o /dev/null "http://127.0.0.1:$rgw/" && break; sleep 0.5; done
admin() { timeout 60 radosgw-admin -c ceph.conf -n client.rgw "$@"; }
admin user create --uid=ades --display-name=ades --access-key="$access" --secret-key="$secret"
admin user create --uid=other --display-name=other --access-key=OTHER --secret-key=OTHERSECRET
