"""The desk that Excel stands on: its settings in the registry, the folder of jobs, the Python that buttons start."""
