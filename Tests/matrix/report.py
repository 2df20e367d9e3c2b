def write(files, folder):
    pass
