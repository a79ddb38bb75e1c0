"""The version, and the name that archc has on a package index: `archc` itself is another project there."""

VERSION = "0.2.0"
DISTRIBUTION = "archc-lang"
