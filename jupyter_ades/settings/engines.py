"""Traits of the engines that jobs run on."""

from __future__ import annotations

from traitlets import Bool, Dict, Enum, HasTraits, List, Unicode

from jupyter_ades.system.containers import AUTO, ENGINES, NONE


class EngineTraits(HasTraits):
    """Which runner carries what."""

    container_engine = Enum(
        (AUTO, NONE, *ENGINES),
        AUTO,
        help="Engine for the containers of CWL packages: 'docker', 'podman', 'apptainer',"
        " 'singularity', 'none', or 'auto', the first of them that works. Default: 'auto'.",
    ).tag(config=True)
    image_environments = Dict(
        value_trait=Unicode(),
        key_trait=Unicode(),
        help="Container image, as packages name it, to the folder of a conda or virtual environment"
        " that its tools run in instead, without a container. Default: none.",
    ).tag(config=True)
    notebook_image = Unicode(
        help="Container image that notebooks run in when a runner of CWL carries them, and that"
        " their exported packages name; it has jupyter_ades and their kernel. Default: none, they"
        " run with what is installed.",
    ).tag(config=True)
    kubernetes = Dict(
        key_trait=Unicode(),
        help="For the runner 'calrissian': 'namespace', 'claim' (the volume claim with the job"
        " directories), 'mount' (its folder, the same in pods as here), 'image' (Calrissian's), and"
        " perhaps 'service_account', 'max_cores' (4), 'max_ram' ('8G'), and 'shared', False where"
        " only pods mount the claim. Default: none.",
    ).tag(config=True)
    ask_kubernetes_nodes = Bool(
        False,
        help="Refuse, at execute, a process of which a step asks for more than any node of"
        " Kubernetes has, with the runners 'calrissian' and 'toil'. It takes a role that may list"
        " nodes, and is not for clusters that get larger nodes on demand. Default: false.",
    ).tag(config=True)
    stage_steps = List(
        Unicode(),
        help="Runners of CWL whose jobs fetch inputs and deliver results by steps of their"
        " workflow, where the job runs, such as ['calrissian']; results go to a bucket then."
        " Default: none, the worker does both.",
    ).tag(config=True)
    stage_image = Unicode(
        help="Container image of those steps; it has jupyter_ades. Default: none, they run with"
        " what is installed where steps run.",
    ).tag(config=True)
    toil_image = Unicode(
        help="Container image of Toil's workers where those are pods, with this package and Toil of"
        " the server's versions, so that tools run there as they do here. Default: none, Toil's own"
        " or that of $TOIL_APPLIANCE_SELF, in which tools run as Toil runs them.",
    ).tag(config=True)
    toil_options = List(
        Unicode(),
        help="Options of toil-cwl-runner for the jobs of the runner 'toil', such as"
        " ['--batchSystem', 'slurm', '--slurmPartition', 'long']. Default: none, on this machine.",
    ).tag(config=True)
    default_runners = Dict(
        value_trait=Unicode(),
        key_trait=Unicode(),
        help="Kind of process ('cwl', 'notebook') to the runner of its jobs, where neither the"
        " execute request nor the deploy names one. Default: cwltool for CWL, papermill for"
        " notebooks.",
    ).tag(config=True)
