mod real_file;
