using System.Text.Json.Nodes;
using Nacre.Images.Oci;

namespace Nacre.Images.Bundle;

/// <summary>
/// <c>config.json</c> of an OCI bundle (runtime-spec 1.0.2) from an image configuration (image-spec conversion.md): a container with
/// its own namespaces, docker's default capabilities, masked kernel files, and no terminal.
/// </summary>
public static class RuntimeSpec
{
    private const string DefaultPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private static readonly string[] s_capabilities =
    [
        "CAP_AUDIT_WRITE", "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_MKNOD",
        "CAP_NET_BIND_SERVICE", "CAP_NET_RAW", "CAP_SETFCAP", "CAP_SETGID", "CAP_SETPCAP", "CAP_SETUID", "CAP_SYS_CHROOT",
    ];

    private static readonly string[] s_maskedPaths =
    [
        "/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats",
        "/proc/sched_debug", "/proc/scsi", "/sys/firmware",
    ];

    private static readonly string[] s_readonlyPaths = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

    /// <param name="image">What the image wants.</param>
    /// <param name="user">Who runs in it.</param>
    /// <param name="hostname">Inside.</param>
    /// <param name="numbers">To be run without root: the container then has a user namespace, and no limits that only root can set.</param>
    public static JsonObject Create(ImageConfig image, ContainerUser user, string hostname = "nacre", UserNamespace? numbers = null) => new()
    {
        ["ociVersion"] = "1.0.2",
        ["process"] = Process(image, user),
        ["root"] = new JsonObject { ["path"] = "rootfs", ["readonly"] = false },
        ["hostname"] = hostname,
        ["mounts"] = Mounts(image),
        ["annotations"] = Annotations(image),
        ["linux"] = Linux(numbers),
    };

    private static JsonObject Linux(UserNamespace? numbers)
    {
        string[] namespaces = ["pid", "network", "ipc", "uts", "mount", .. numbers is null ? (string[])[] : ["user"]];
        var linux = new JsonObject
        {
            ["namespaces"] = new JsonArray([.. namespaces.Select(type => (JsonNode)new JsonObject { ["type"] = type })]),
            ["maskedPaths"] = Texts(s_maskedPaths),
            ["readonlyPaths"] = Texts(s_readonlyPaths),
        };
        if (numbers is null)
        {
            linux["resources"] = new JsonObject
            {
                ["devices"] = new JsonArray(new JsonObject { ["allow"] = false, ["access"] = "rwm" }),
            };
            return linux;
        }

        linux["uidMappings"] = new JsonArray([.. numbers.Users.Select(range => (JsonNode)range.ToJson())]);
        linux["gidMappings"] = new JsonArray([.. numbers.Groups.Select(range => (JsonNode)range.ToJson())]);
        return linux;
    }

    private static JsonObject Process(ImageConfig image, ContainerUser user)
    {
        var environment = image.Environment.ToList();
        if (!environment.Exists(item => item.StartsWith("PATH=", StringComparison.Ordinal)))
            environment.Insert(0, DefaultPath);

        return new()
        {
            ["terminal"] = false,
            ["user"] = new JsonObject
            {
                ["uid"] = user.Uid,
                ["gid"] = user.Gid,
                ["additionalGids"] = new JsonArray([.. user.AdditionalGids.Select(gid => (JsonNode)JsonValue.Create(gid))]),
            },
            ["args"] = Texts([.. image.Entrypoint, .. image.Command]),
            ["env"] = Texts(environment),
            ["cwd"] = image.WorkingDirectory.StartsWith('/') ? image.WorkingDirectory : "/" + image.WorkingDirectory,
            ["capabilities"] = new JsonObject
            {
                ["bounding"] = Texts(s_capabilities),
                // Only root has capabilities of its own; other users get them from files, within the bounding set.
                ["effective"] = Texts(user.Uid == 0 ? s_capabilities : []),
                ["permitted"] = Texts(user.Uid == 0 ? s_capabilities : []),
            },
            ["rlimits"] = new JsonArray(new JsonObject { ["type"] = "RLIMIT_NOFILE", ["hard"] = 1024, ["soft"] = 1024 }),
            ["noNewPrivileges"] = true,
        };
    }

    private static JsonArray Mounts(ImageConfig image)
    {
        var mounts = new JsonArray(
            Mount("/proc", "proc", "proc"),
            Mount("/dev", "tmpfs", "tmpfs", "nosuid", "strictatime", "mode=755", "size=65536k"),
            Mount("/dev/pts", "devpts", "devpts", "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"),
            Mount("/dev/shm", "tmpfs", "shm", "nosuid", "noexec", "nodev", "mode=1777", "size=65536k"),
            Mount("/dev/mqueue", "mqueue", "mqueue", "nosuid", "noexec", "nodev"),
            Mount("/sys", "sysfs", "sysfs", "nosuid", "noexec", "nodev", "ro"));
        foreach (var volume in image.Volumes.Where(volume => volume.StartsWith('/') && !volume.Split('/').Contains("..")))
            mounts.Add((JsonNode)Mount(volume, "tmpfs", "tmpfs", "nosuid", "nodev", "mode=755"));
        return mounts;
    }

    // guest.md 6.8: labels, and what the configuration says about the image unless a label of that name says it.
    private static JsonObject Annotations(ImageConfig image)
    {
        const string prefix = "org.opencontainers.image.";
        var annotations = new JsonObject();
        foreach (var (name, value) in image.Labels)
            annotations[name] = value;
        foreach (var (name, value) in (ReadOnlySpan<(string, string?)>)
        [
            ("os", image.Os), ("architecture", image.Architecture), ("variant", image.Variant), ("author", image.Author),
            ("created", image.Created), ("stopSignal", image.StopSignal),
        ])
        {
            if (value is not null && !annotations.ContainsKey(prefix + name))
                annotations[prefix + name] = value;
        }

        if (image.ExposedPorts.Count > 0)
            annotations[prefix + "exposedPorts"] = string.Join(',', image.ExposedPorts);
        return annotations;
    }

    private static JsonObject Mount(string destination, string type, string source, params string[] options)
    {
        var mount = new JsonObject { ["destination"] = destination, ["type"] = type, ["source"] = source };
        if (options.Length > 0)
            mount["options"] = Texts(options);
        return mount;
    }

    private static JsonArray Texts(IEnumerable<string> texts) => new([.. texts.Select(text => (JsonNode)JsonValue.Create(text))]);
}
